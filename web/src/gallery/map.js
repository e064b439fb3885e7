// A gallery as a map: photos that look alike lie side by side, one in each cell of a grid. It is made as map.py makes it, but
// that UMAP (McInnes, Healy and Melville, arXiv 1802.03426, 2018) lays the photos out and not t-SNE: there is a library of
// it for browsers, and it takes less time.

import { UMAP } from "umap-js";

import { cellsFor } from "./assignment.js";
import { products } from "./gallery.js";
import { randomNumbers } from "./random.js";

const MOST = 1_500; // photos on a map, as in map.py; of a larger gallery a random sample
const ASPECT = 1.5; // columns by rows
const NEIGHBOURS = 15; // of a photo, itself among them, that are to be near it
const FEW = 5; // photos; fewer have no neighbourhoods
const SHARES = { neighbours: 0.2, layout: 0.4, cells: 0.2 }; // of the time it takes with many photos; the rest is `nearest`

/**
 * The map of embeddings, rows of `dim` numbers of unit length: its `columns` and `rows`; which `photos` are on it, in which
 * `cells`; and for every photo the cell of the one on the map that is most like it, `nearest`. `told(share)` is called with
 * how much of it is done.
 */
export function mapOf({ embeddings, dim }, told = () => {}) {
  const count = embeddings.length / dim;
  const random = randomNumbers();
  const photos = sample(count, random);
  const shown = new Float32Array(photos.length * dim);
  for (const [at, photo] of photos.entries()) shown.set(embeddings.subarray(photo * dim, (photo + 1) * dim), at * dim);
  const columns = Math.ceil(Math.sqrt(photos.length * ASPECT));
  const rows = Math.ceil(photos.length / columns);
  const cells = cellsFor(stretched(layOut(shown, dim, random, told), columns, rows), columns, rows);
  const begun = SHARES.neighbours + SHARES.layout + SHARES.cells;
  const similarity = new Float32Array(photos.length);
  const nearest = Array.from({ length: count }, (_, photo) => {
    if (photo % 100 === 0) told(begun + (1 - begun) * (photo / count));
    products(shown, embeddings.subarray(photo * dim, (photo + 1) * dim), similarity);
    return cells[similarity.indexOf(similarity.reduce((one, other) => Math.max(one, other)))];
  });
  for (const [at, photo] of photos.entries()) nearest[photo] = cells[at]; // also where a photo is there twice
  return { columns, rows, photos, cells, nearest };
}

/** Places in the plane, near each other where embeddings are: [[x, y], …] in no particular unit. */
export function layOut(embeddings, dim, random, told = () => {}) {
  const count = embeddings.length / dim;
  if (count < FEW) return Array.from({ length: count }, (_, at) => [at, 0]);
  const size = Math.min(NEIGHBOURS, count - 1);
  const similarity = new Float32Array(count);
  const neighbours = Array.from({ length: count }, (_, at) => {
    told(SHARES.neighbours * (at / count));
    products(embeddings, embeddings.subarray(at * dim, (at + 1) * dim), similarity);
    similarity[at] = Infinity; // itself first
    const found = [...similarity.keys()].sort((one, other) => similarity[other] - similarity[one]).slice(0, size);
    return found.map((other) => [other, other === at ? 0 : Math.max(0, 1 - similarity[other])]);
  });
  const umap = new UMAP({ nNeighbors: size, random });
  umap.setPrecomputedKNN(neighbours.map((found) => found.map(([other]) => other)), neighbours.map((found) => found.map(([, distance]) => distance)));
  const steps = umap.initializeFit(neighbours.map(() => [])); // of the embeddings it needs no more than their number
  for (let step = 0; step < steps; step += 1) {
    umap.step();
    told(SHARES.neighbours + SHARES.layout * (step / steps));
  }
  return umap.getEmbedding();
}

/** Places as columns and rows of a grid that they fill. */
function stretched(places, columns, rows) {
  const ends = [0, 1].map((axis) => {
    const along = places.map((place) => place[axis]);
    return [Math.min(...along), Math.max(...along)];
  });
  const within = (value, [least, most], length) => ((value - least) / Math.max(most - least, 1e-9)) * (length - 1);
  return places.map(([x, y]) => [within(x, ends[0], columns), within(y, ends[1], rows)]);
}

/** Rows of photos, ascending: all, or a random sample. */
function sample(count, random) {
  const rows = Array.from({ length: count }, (_, row) => row);
  if (count <= MOST) return rows;
  for (let at = 0; at < MOST; at += 1) {
    const other = at + Math.floor(random() * (count - at));
    [rows[at], rows[other]] = [rows[other], rows[at]];
  }
  return rows.slice(0, MOST).sort((one, other) => one - other);
}
