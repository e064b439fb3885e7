// Strokes and what can be done with them: pure functions, no page. A stroke has a `width` and `points` [x, y], or
// [x, y, pressure]; only the stroke under the pen grows, every other change makes a new one, so that what is worked out
// about a stroke once (its box, its path, its JSON) holds for good.
//
// Points lie on whole units of the page, widths on tenths, pressure on hundredths: half a unit is finer than a hand draws,
// and a link, which has no more (see link.js), asks the very question that the page asked it came from.

export const WIDTH = 1000; // the page, in its own units; the screen shows it at any size
export const HEIGHT = 800;
export const RUBBER = 34; // radius of the eraser
export const PEN = 16; // width of the lines of drawings that do not say
const MIN_STEP = 3; // points closer together than this say nothing new
const DENSITY = 5; // a stroke is looked at this closely where the eraser passes
export const MAX_POINTS = 50_000; // of a drawing; drawing.py has the same limit
const PLAIN_PRESSURE = 0.5; // of a mouse: the line has its width, as in drawing.py

/** Remembers what a function made of a finished stroke. */
function once(work) {
  const made = new WeakMap();
  return (stroke) => {
    if (!made.has(stroke)) made.set(stroke, work(stroke));
    return made.get(stroke);
  };
}

/**
 * Adds the points to a stroke that is being drawn that are far enough from the one before. Where some of its points say
 * how hard the pen was pressed and others do not, those get the pressure of a plain line.
 */
export function extend(stroke, added) {
  for (const point of added) {
    const [x, y] = stroke.points.at(-1);
    if (Math.hypot(point[0] - x, point[1] - y) < MIN_STEP) continue;
    if (point.length > stroke.points[0].length) stroke.points = stroke.points.map(pressed);
    stroke.points.push(stroke.points[0].length === 3 ? pressed(point) : point);
  }
}

const pressed = ([x, y, pressure = PLAIN_PRESSURE]) => [x, y, pressure];

/** Left, top, right and bottom of points. */
export function boundsOf(points) {
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    bounds[0] = Math.min(bounds[0], x);
    bounds[1] = Math.min(bounds[1], y);
    bounds[2] = Math.max(bounds[2], x);
    bounds[3] = Math.max(bounds[3], y);
  }
  return bounds;
}

/** Left, top, right and bottom of the ink of points under a pen of some width. */
export function boxAround(points, width) {
  const [left, top, right, bottom] = boundsOf(points);
  const reach = 0.75 * width + 1; // half of the widest line there is, and the softness of its edge
  return [left - reach, top - reach, right + reach, bottom + reach];
}

export const boxOf = once(({ points, width }) => boxAround(points, width));

export function overlap(one, other) {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}

export function around(one, other) {
  if (one === null) return other;
  return [Math.min(one[0], other[0]), Math.min(one[1], other[1]), Math.max(one[2], other[2]), Math.max(one[3], other[3])];
}

// ---- The eraser cuts strokes where it passes, so what is left is still strokes. Their points stay, and only where they were
// cut they get others: a drawing is bounded, and who rubs something out must not run into that.

/** What is left of strokes when the eraser went from one point to another; the same list if it touched none. */
export function rubbed(strokes, from, to) {
  const swept = boxAround([from, to], (4 / 3) * RUBBER);
  let touched = false;
  const left = strokes.flatMap((stroke) => {
    if (!overlap(boxOf(stroke), swept)) return [stroke];
    const reach = RUBBER + stroke.width / 2;
    const pieces = remains(stroke, (point) => distance(point, from, to) <= reach);
    touched ||= pieces.length !== 1 || pieces[0] !== stroke;
    return pieces;
  });
  return touched ? left : strokes;
}

// What is cut again is cut on the line that was drawn, not on one between ends that were put on whole units each time.
const drawn = new WeakMap(); // dense points of strokes

/** The pieces of a stroke that are left; the stroke itself if it was not touched. */
function remains(stroke, isGone) {
  const dense = drawn.get(stroke) ?? stroke.points.flatMap((point, at) => (at ? between(stroke.points[at - 1], point) : [point]));
  drawn.set(stroke, dense);
  if (!dense.some(isGone)) return [stroke];
  const pieces = [[]];
  for (const point of dense) {
    if (!isGone(point)) pieces.at(-1).push(point);
    else if (pieces.at(-1).length) pieces.push([]);
  }
  const own = new Set(stroke.points);
  return pieces.filter((piece) => piece.length > 1).map((piece) => {
    const points = piece.filter((point, at) => own.has(point) || at === 0 || at === piece.length - 1);
    const left = { ...stroke, points };
    drawn.set(left, piece);
    return left;
  });
}

/** Points after `start`, no further apart than `DENSITY`; the last is `end` itself. */
function between(start, end) {
  const count = Math.max(1, Math.ceil(Math.hypot(end[0] - start[0], end[1] - start[1]) / DENSITY));
  const inner = Array.from({ length: count - 1 }, (_, at) => {
    const share = (at + 1) / count;
    return onGrid(end.map((value, axis) => start[axis] + (value - start[axis]) * share));
  });
  return [...inner, end];
}

/** A point where the page has it. */
export function onGrid([x, y, ...pressure]) {
  return [Math.round(x), Math.round(y), ...pressure.map((value) => Math.round(100 * value) / 100)];
}

/** How far a point is from the line between two others. */
function distance([x, y], [x1, y1], [x2, y2]) {
  const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const share = length && Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length));
  return Math.hypot(x - x1 - share * (x2 - x1), y - y1 - share * (y2 - y1));
}

// ---- Shapes

/** SVG path data along the points: gentle bends are rounded, corners kept; points that are all the same are a dot. */
export function pathThrough(points) {
  const [[x, y], [endX, endY]] = [points[0], points.at(-1)];
  let data = `M${x} ${y}`;
  if (points.every((point) => point[0] === x && point[1] === y)) return `${data}l.01 0`; // a line of no length is not painted
  for (let at = 1; at < points.length - 1; at += 1) data += bend(points, at);
  return `${data}L${endX} ${endY}`;
}

/** How the path passes one of its inner points, on its way to the middle between it and the next. */
function bend(points, at) {
  const [[xa, ya], [x, y], [xb, yb]] = [points[at - 1], points[at], points[at + 1]];
  const straightness = (x - xa) * (xb - x) + (y - ya) * (yb - y);
  const isCorner = straightness < 0.5 * Math.hypot(x - xa, y - ya) * Math.hypot(xb - x, yb - y);
  return isCorner ? `L${x} ${y}` : `Q${x} ${y} ${(x + xb) / 2} ${(y + yb) / 2}`;
}

/** Pieces of a stroke with the width of each: one for all, or one between points where pressure is known. */
export function piecesOf({ width, points }) {
  if (points[0].length < 3 || points.length === 1) return [{ width, points }];
  return points.slice(1).map((point, at) => ({
    width: width * (0.5 + (point[2] + points[at][2]) / 2), // as drawing.py has it
    points: [points[at], point],
  }));
}

/** What to paint of a finished stroke: shapes with their widths. */
export const shapesOf = once((stroke) =>
  piecesOf(stroke).map(({ width, points }) => ({ width, shape: new Path2D(pathThrough(points)) })),
);

export const jsonOf = once(({ width, points }) => JSON.stringify({ width, points }));

// ---- Drawings from elsewhere

const MARGIN = 0.05; // around a drawing that is fitted to the page
const [THINNEST, THICKEST] = [6, 250]; // thinner lines would hardly be seen
const [MAX_STROKES, MAX_COORDINATE] = [2_000, 1e6]; // drawing.py has the same limits

/** How a box of any size, [left, top, right, bottom], fills the page: the scale, and where a point of it comes to lie. */
export function fitting([left, top, right, bottom]) {
  const room = 1 - 2 * MARGIN;
  const scale = Math.min((room * WIDTH) / Math.max(right - left, 1e-6), (room * HEIGHT) / Math.max(bottom - top, 1e-6));
  const place = ([x, y]) => [
    WIDTH / 2 + (x - (left + right) / 2) * scale,
    HEIGHT / 2 + (y - (top + bottom) / 2) * scale,
  ];
  return { scale, place };
}

/** The width of a line as it can be drawn here. */
export const penOf = (width) => Math.min(Math.max(width, THINNEST), THICKEST);

const isWithin = (value, most) => Number.isFinite(value) && Math.abs(value) <= most;

/** Ways of the eraser that were kept; throws a RangeError if they are too many, a TypeError if they are none. */
export function checkedWays(ways) {
  const isPlace = (point) => point.length === 2 && point.every((value) => isWithin(value, MAX_COORDINATE));
  if (ways.length > MAX_POINTS) throw new RangeError("too much rubbed");
  if (!ways.every(({ from, to }) => isPlace(from) && isPlace(to))) throw new TypeError("no ways");
  return ways.map(({ from, to }) => ({ from, to }));
}

/** Strokes as somebody else gave them; throws a RangeError if they are too many, a TypeError if they are none. */
export function checked(strokes) {
  const count = strokes.reduce((sum, stroke) => sum + stroke.points.length, 0);
  if (strokes.length > MAX_STROKES || count > MAX_POINTS) throw new RangeError("too much to draw");
  return checkedEach(strokes);
}

/** Strokes of which there may be any number, as this page had them; throws a TypeError if they are none. */
export function checkedEach(strokes) {
  const isPoint = ([x, y, ...pressure]) =>
    isWithin(x, MAX_COORDINATE) && isWithin(y, MAX_COORDINATE) && pressure.every((value) => value >= 0 && value <= 1);
  const isStroke = ({ width, points }) =>
    width > 0 && width <= WIDTH && [2, 3].includes(points[0]?.length) &&
    points.every((point) => point.length === points[0].length && isPoint(point));
  if (!strokes.length || !strokes.every(isStroke)) throw new TypeError("no strokes");
  const widthOnGrid = (width) => Math.max(1, Math.round(10 * width)) / 10;
  return strokes.map(({ width, points }) => ({ width: widthOnGrid(width), points: points.map(onGrid) }));
}
