// A drawing is a list of strokes: read what the canvas has, and turn it into a sketch, dark on white, as drawing.py does.
// A stroke has `points` [x, y] in single precision, a `width` as a fraction of the page's longer side, and perhaps
// `pressure`, one number a point.

import { drawDisc, drawLine, halfToEven, plain } from "./ink.js";
import { halved } from "./scaling.js";

const { fround, max } = Math;

export const MARGIN = 0.06; // white border around the ink, as a fraction of the sketch's side
const DEFAULT_PEN = 0.02; // of drawings that have no width
const SUPERSAMPLING = 2;

/** The strokes of a canvas { width, height, strokes: [{ width, points }] }. */
export function drawingOf({ width, height, strokes }) {
  const page = max(width, height);
  return strokes.map((stroke) => ({
    width: stroke.width / page,
    points: stroke.points.map(([x, y]) => [fround(x), fround(y)]),
    pressure: stroke.points[0].length === 3 ? stroke.points.map(([, , pressure]) => fround(pressure)) : null,
  }));
}

/** Left, top, right and bottom of all points. */
export function boundsOf(drawing) {
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { points } of drawing) {
    for (const [x, y] of points) {
      if (x < bounds[0]) bounds[0] = x;
      if (y < bounds[1]) bounds[1] = y;
      if (x > bounds[2]) bounds[2] = x;
      if (y > bounds[3]) bounds[3] = y;
    }
  }
  return bounds;
}

/** Whether there is nothing to search for: no stroke at all, or nothing but one dot. */
export function isBlank(drawing) {
  if (!drawing.length) return true;
  const [left, top, right, bottom] = boundsOf(drawing);
  return left === right && top === bottom;
}

/** The drawing turned about its page's origin, clockwise as y points down. */
export function turned(drawing, degrees) {
  const angle = (degrees * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const turn = ([x, y]) => [fround(x * cosine - y * sine), fround(x * sine + y * cosine)];
  return drawing.map((stroke) => ({ ...stroke, points: stroke.points.map(turn) }));
}

/** The strokes on a square of this size, scaled so that the ink fills it up to the margin; pens keep their width. */
export function rasterise(drawing, size) {
  const [left, top, right, bottom] = boundsOf(drawing);
  const side = size * SUPERSAMPLING;
  const scale = fround((side * (1 - 2 * MARGIN)) / max(right - left, bottom - top, 1e-6));
  const [middleX, middleY] = [fround((left + right) / 2), fround((top + bottom) / 2)];
  const place = (value, middle) => fround(fround(fround(value - middle) * scale) + side / 2);
  const sketch = plain(side, side, 255);
  for (const { points, width, pressure } of drawing) {
    const placed = points.map(([x, y]) => [place(x, middleX), place(y, middleY)]);
    draw(sketch, placed, max(1, side * (width || DEFAULT_PEN)), pressure);
  }
  return halved(sketch);
}

/** Draws the strokes on a picture, where they are in its pixels and as wide as they are there. */
export function drawStrokes(page, drawing) {
  const side = max(page.width, page.height);
  for (const { points, width, pressure } of drawing) {
    draw(page, points, max(1, side * (width || DEFAULT_PEN)), pressure);
  }
}

function draw(picture, points, width, pressure) {
  if (!pressure) {
    drawLine(picture, points, halfToEven(width));
    for (const point of points) drawDisc(picture, boxAround(point, width / 2));
    return;
  }
  // A line as wide at each point as it was pressed: pieces between neighbours, round at every point.
  const widths = pressure.map((pressed) => max(1, fround(fround(width) * fround(0.5 + pressed))));
  for (let at = 1; at < points.length; at += 1) {
    drawLine(picture, [points[at - 1], points[at]], halfToEven(fround(fround(widths[at] + widths[at - 1]) / 2)));
  }
  for (const [at, point] of points.entries()) drawDisc(picture, boxAround(point, fround(widths[at] / 2)).map(fround));
}

const boxAround = ([x, y], radius) => [x - radius, y - radius, x + radius, y + radius];
