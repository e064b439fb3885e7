// Wide lines and discs on a grey picture { width, height, data }, to the pixel as Pillow draws them, whose sketches the
// encoder learned from. Places are cut to whole pixels, towards zero, and slopes are kept in single precision, as there.

const { fround, trunc, floor, ceil, abs, max, min, sign } = Math;

const upwards = (value) => sign(value) * floor(fround(abs(value) + 0.5)); // halves away from zero
const downwards = (value) => sign(value) * ceil(fround(abs(value) - 0.5)); // halves towards zero
const rounded = (value) => sign(value) * floor(abs(value) + 0.5);

/** A picture of one grey level. */
export function plain(width, height, grey) {
  return { width, height, data: new Uint8Array(width * height).fill(grey) };
}

/** Python's `round`: halves to the even number. */
export function halfToEven(value) {
  const below = floor(value);
  const rest = value - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}

/** Lines from each of some points [x, y] to the next, without joints; `width` is a whole number, at least 1. */
export function drawLine(picture, points, width, level = 0) {
  for (let at = 1; at < points.length; at += 1) {
    const [x0, y0, x1, y1] = [...points[at - 1], ...points[at]].map(trunc);
    if (width > 1) drawWide(picture, x0, y0, x1, y1, width, level);
    else drawThin(picture, x0, y0, x1, y1, level);
  }
}

/** A disc in a box. */
export function drawDisc(picture, [left, top, right, bottom], level = 0) {
  const [x, y] = [trunc(left), trunc(top)];
  const [across, down] = [trunc(right) - x, trunc(bottom) - y];
  for (const [row, reach] of rowsOf(across, down)) {
    const [from, to] = [x + (across - reach) / 2, x + (across + reach) / 2];
    fillRow(picture, y + (down + row) / 2, from, to, level);
    fillRow(picture, y + (down - row) / 2, from, to, level);
  }
}

function fillRow({ width, height, data }, y, from, to, level) {
  if (y < 0 || y >= height || max(from, to) < 0 || min(from, to) >= width) return;
  const [start, end] = [max(0, min(from, to)), min(width - 1, max(from, to))];
  data.fill(level, y * width + start, y * width + end + 1);
}

// ---- Lines

function drawThin(picture, x0, y0, x1, y1, level) {
  const [dx, dy] = [abs(x1 - x0), abs(y1 - y0)];
  const [stepX, stepY] = [x1 < x0 ? -1 : 1, y1 < y0 ? -1 : 1];
  const isFlat = dx > dy;
  const [long, short] = isFlat ? [dx, dy] : [dy, dx];
  let [x, y, error] = [x0, y0, 2 * short - long];
  for (let step = 0; step < long; step += 1) {
    fillRow(picture, y, x, x, level);
    if (error >= 0 && short > 0) {
      if (isFlat) y += stepY;
      else x += stepX;
      error -= 2 * long;
    }
    error += 2 * short;
    if (isFlat) x += stepX;
    else y += stepY;
  }
  fillRow(picture, y1, x1, x1, level);
}

function drawWide(picture, x0, y0, x1, y1, width, level) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  if (dx === 0 && dy === 0) {
    fillRow(picture, y0, x0, x0, level);
    return;
  }
  const length = Math.sqrt(dx * dx + dy * dy);
  const half = (width - 1) / 2;
  const [far, near] = [upwards(half) / length, downwards(half) / length]; // an even width has no middle
  const [nearX, farX, nearY, farY] = [near * dy, far * dy, near * dx, far * dx].map(downwards);
  const corners = [
    [x0 - nearX, y0 + farY],
    [x1 - nearX, y1 + farY],
    [x1 + farX, y1 - nearY],
    [x0 + farX, y0 - nearY],
  ];
  fillPolygon(picture, corners, level);
}

// ---- Polygons

function edgeBetween([x0, y0], [x1, y1]) {
  const slope = y0 === y1 ? 0 : fround((x1 - x0) / (y1 - y0));
  return { x: x0, y: y0, top: min(y0, y1), bottom: max(y0, y1), left: min(x0, x1), right: max(x0, x1), slope };
}

/** Where an edge crosses a row. */
const crossing = ({ x, y, slope }, row) => fround(fround((row - y) * slope) + x);

/** A polygon, given by corners at whole pixels. */
export function fillPolygon(picture, corners, level = 0) {
  const edges = corners.map((corner, at) => edgeBetween(corner, corners[(at + 1) % corners.length]));
  for (const { top, bottom, left, right } of edges) if (top === bottom) fillRow(picture, top, left, right, level);
  const bottom = min(picture.height, max(...edges.map((edge) => edge.bottom)));
  const sloping = edges.filter((edge) => edge.top !== edge.bottom);
  for (let row = max(0, min(...edges.map((edge) => edge.top))); row <= bottom; row += 1) {
    const places = placesOn(row, sloping, bottom).sort((one, other) => one - other);
    for (let at = 1; at < places.length; at += 2) fillRow(picture, row, upwards(places[at - 1]), downwards(places[at]), level);
  }
}

/** Where edges cross a row; one that ends there counts twice, unless it is the last row. */
function placesOn(row, edges, last) {
  const places = [];
  for (const [at, edge] of edges.entries()) {
    if (row < edge.top || row > edge.bottom) continue;
    const place = crossing(edge, row);
    if (row === edge.bottom && row < last) places.push(place, place);
    else if ((row === edge.top || row === edge.bottom) && edge.slope !== 0) {
      places.push(atCorner(place, row, edge, edges.slice(0, at)));
    } else places.push(place);
  }
  return places;
}

/** The tip of a corner reaches as far as the row beside it, so that flat corners do not come apart. */
function atCorner(place, row, edge, others) {
  const beside = row === edge.bottom ? row - 1 : row + 1;
  const meets = (other) =>
    (row === other.top || row === other.bottom) &&
    other.slope !== 0 &&
    rounded(place) === rounded(crossing(other, row)) &&
    beside >= other.top &&
    beside <= other.bottom;
  const other = others.find(meets);
  if (!other) return place;
  const [one, two] = [crossing(edge, beside), crossing(other, beside)];
  if (place > fround(one + 1) && place > fround(two + 1)) return rounded(max(one, two)) + 1;
  if (place < fround(one - 1) && place < fround(two - 1)) return rounded(min(one, two)) - 1;
  return place;
}

// ---- Discs

const known = new Map(); // rows of ellipses, by their size

/** Of an ellipse in a box of this size, from its middle down, in half pixels: each row, and how far it reaches. */
function rowsOf(across, down) {
  const key = `${across} ${down}`;
  if (!known.has(key)) known.set(key, across + down > 0 ? quarterOf(across, down) : []);
  return known.get(key);
}

/** Goes along a quarter of the ellipse, from the right to the bottom, always to the nearest of three points. */
function quarterOf(across, down) {
  const [a2, b2] = [across * across, down * down];
  const deviation = (x, y) => abs(a2 * y * y + b2 * x * x - a2 * b2);
  let [x, y] = [across, down % 2];
  const rows = [[y, x]];
  while (x !== across % 2 || y !== down) {
    const ways = x > 1 ? [[x, y + 2], [x - 2, y + 2], [x - 2, y]] : [[x, y + 2]];
    const deviations = ways.map(([wayX, wayY]) => deviation(wayX, wayY));
    [x, y] = ways[deviations.indexOf(min(...deviations))];
    if (y > rows.at(-1)[0]) rows.push([y, x]);
  }
  return rows;
}
