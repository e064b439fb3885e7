// A cell of a grid for each of some places, all different, so that the sum of squared distances is least: shortest
// augmenting paths, one place after the other (Crouse, "On implementing 2D rectangular assignment algorithms", IEEE
// Transactions on Aerospace and Electronic Systems 52, 2016), as scipy has it.

/** `places` are [column, row] of at most `columns` times `rows` things; returns their cells, counted along the rows. */
export function cellsFor(places, columns, rows) {
  const [count, cells] = [places.length, columns * rows];
  const costs = costsOf(places, columns, cells);
  const [ofPlace, ofCell] = [new Float64Array(count), new Float64Array(cells)]; // prices, the duals
  const [cellOf, placeIn, from] = [new Int32Array(count).fill(-1), new Int32Array(cells).fill(-1), new Int32Array(cells)];
  const lengths = new Float64Array(cells); // of the shortest ways from the place that is new

  /** Looks for the cheapest way from a place to a free cell, by way of cells that change hands; returns those it reached. */
  function reach(start) {
    const open = Int32Array.from(lengths.fill(Infinity).keys());
    const reached = [];
    for (let [place, length, left] = [start, 0, cells]; ; ) {
      const [at, lift] = [place * cells, length - ofPlace[place]];
      let nearest = 0;
      length = Infinity;
      for (let index = 0; index < left; index += 1) {
        const cell = open[index];
        const way = lift + costs[at + cell] - ofCell[cell];
        if (way < lengths[cell]) {
          lengths[cell] = way;
          from[cell] = place;
        }
        if (lengths[cell] > length || (lengths[cell] === length && placeIn[cell] >= 0)) continue;
        length = lengths[cell];
        nearest = index;
      }
      const cell = open[nearest];
      reached.push(cell);
      if (placeIn[cell] < 0) return reached;
      place = placeIn[cell];
      left -= 1;
      open[nearest] = open[left];
    }
  }

  for (let start = 0; start < count; start += 1) {
    const reached = reach(start);
    const end = reached.at(-1);
    ofPlace[start] += lengths[end];
    for (const cell of reached) {
      if (cell !== end) ofPlace[placeIn[cell]] += lengths[end] - lengths[cell];
      ofCell[cell] -= lengths[end] - lengths[cell];
    }
    for (let cell = end, place = -1; place !== start; ) {
      place = from[cell];
      placeIn[cell] = place;
      [cellOf[place], cell] = [cell, cellOf[place]];
    }
  }
  return [...cellOf];
}

function costsOf(places, columns, cells) {
  const costs = new Float32Array(places.length * cells);
  for (const [at, [column, row]] of places.entries()) {
    for (let cell = 0; cell < cells; cell += 1) {
      costs[at * cells + cell] = (column - (cell % columns)) ** 2 + (row - Math.floor(cell / columns)) ** 2;
    }
  }
  return costs;
}
