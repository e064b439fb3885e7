// Drawings in SVG files: those saved here come back as they were; of any other the outlines become strokes. What a path
// is, with arcs, transformations and frames within frames, the browser knows.

import { HEIGHT, PEN, WIDTH, checked, fitting, penOf } from "./strokes.js";
import { copyOf, parsed } from "./svg_copy.js";

const STEP = 5; // of the page, between the points of a stroke
const MOST_POINTS = 10_000; // more only make the search slow
const AT_ONCE_MS = 30; // then the page may do something else

/** The strokes in a text, and what is left out, in words; throws if there are none, or too many. */
export async function strokesInSvg(text) {
  const root = parsed(text);
  if (!root) throw new TypeError("no svg");
  const saved = savedIn(root);
  if (saved) return { strokes: saved, leftOut: [] };
  const { svg, shapes, leftOut } = copyOf(root);
  const host = placeForMeasuring(svg);
  try {
    return { strokes: checked(await traced(svg, shapes)), leftOut };
  } finally {
    host.remove();
  }
}

/** The strokes that a file saved here carries. */
function savedIn(root) {
  try {
    return checked(JSON.parse(root.querySelector("metadata").textContent).strokes);
  } catch {
    return null;
  }
}

/** Shapes are measured only in a page: this is where nobody sees it, and no style of the page reaches. */
function placeForMeasuring(svg) {
  const host = document.createElement("div");
  host.setAttribute("aria-hidden", "true");
  host.style.cssText = "position: fixed; visibility: hidden; width: 0; height: 0; overflow: hidden; contain: strict";
  svg.setAttribute("width", WIDTH);
  svg.setAttribute("height", HEIGHT);
  host.attachShadow({ mode: "closed" }).append(svg);
  document.body.append(host);
  return host;
}

/** Follows the outlines of shapes, and fits them to the page. */
async function traced(svg, shapes) {
  const lines = seen(svg, (await eachInTurn(shapes, (shape) => measured(svg, shape))).filter(Boolean));
  const { scale, place } = fitting(lines.map(withPen).reduce(around, EMPTY));
  const onPage = (line) => line.scale * scale; // what one of its own units is there
  const length = lines.reduce((sum, line) => sum + line.length * onPage(line), 0);
  const step = Math.max(STEP, length / MOST_POINTS);
  const parts = lines.flatMap((line) => line.parts.map((part) => ({ ...part, line })));
  const followed = await eachInTurn(parts, ({ element, length: long, line }) =>
    pointsAlong(element, long, (long * onPage(line)) / step).map((point) => place(line.matrix(point))),
  );
  const pointsOf = new Map(lines.map((line) => [line, []]));
  parts.forEach(({ line }, at) => {
    const points = pointsOf.get(line);
    for (const point of followed[at].slice(points.length ? 1 : 0)) points.push(point); // each begins where the last ended
  });
  return lines.map((line) => ({
    width: line.width === null ? PEN : penOf(line.width * onPage(line)),
    points: pointsOf.get(line),
  }));
}

/** Points along an outline, about `steps` times from one to the next. */
function pointsAlong(element, length, steps) {
  if (length === 0) return [element.getPointAtLength(0)];
  const count = Math.max(1, Math.ceil(steps));
  return Array.from({ length: count + 1 }, (_, at) => element.getPointAtLength((length * at) / count));
}

const EMPTY = [Infinity, Infinity, -Infinity, -Infinity];
const around = (one, other) => one.map((side, at) => (at < 2 ? Math.min(side, other[at]) : Math.max(side, other[at])));

/** The box of a line with the ink of its pen. */
function withPen({ box: [left, top, right, bottom], width, scale }) {
  const reach = (width * scale) / 2;
  return [left - reach, top - reach, right + reach, bottom + reach];
}

/** How long the outline of a shape is, and where it lies in the frame of the file; null if it cannot be measured. */
async function measured(svg, { elements, width }) {
  try {
    const { a, b, c, d, e, f } = svg.getScreenCTM().inverse().multiply(elements[0].getScreenCTM());
    const matrix = ({ x, y }) => [a * x + c * y + e, b * x + d * y + f];
    const parts = await eachInTurn(elements, (element) => {
      const { x, y, width: across, height: down } = element.getBBox();
      const corners = [{ x, y }, { x: x + across, y }, { x, y: y + down }, { x: x + across, y: y + down }].map(matrix);
      const box = corners.map(([left, top]) => [left, top, left, top]).reduce(around, EMPTY);
      element.getPointAtLength(0); // throws where there is no outline, as of a rectangle without a size
      return { element, length: element.getTotalLength(), box };
    });
    const box = parts.map((part) => part.box).reduce(around, EMPTY);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const scale = Math.sqrt(Math.abs(a * d - b * c));
    return [...box, length, scale].every(Number.isFinite) ? { parts, width, matrix, scale, box, length } : null;
  } catch {
    return null;
  }
}

/** Without what lies outside the frame of the file, and without what only fills all of it, as paper does. */
function seen(svg, lines) {
  const { x, y, width, height } = svg.viewBox.baseVal ?? {};
  if (!(width > 0 && height > 0)) return lines;
  const [right, bottom] = [x + width, y + height];
  const inside = lines.filter(({ box }) => box[0] <= right && box[2] >= x && box[1] <= bottom && box[3] >= y);
  const drawn = inside.filter((line) => !isPaper(line, [x, y, right, bottom]));
  return [drawn, inside, lines].find((list) => list.length) ?? [];
}

/** Whether a shape without a line is a rectangle around all of the frame: its outline is as long as that of its box. */
function isPaper({ width: pen, box, length, scale }, frame) {
  const slack = 0.01 * (frame[2] - frame[0] + frame[3] - frame[1]);
  const covers = box.every((side, at) => (at < 2 ? side <= frame[at] + slack : side >= frame[at] - slack));
  const perimeter = 2 * (box[2] - box[0] + box[3] - box[1]);
  return pen === null && covers && length * scale > 0.99 * perimeter;
}

/** Works on one after the other, and lets the page breathe between them. */
async function eachInTurn(list, work) {
  const done = [];
  let since = performance.now();
  for (const item of list) {
    done.push(await work(item));
    if (performance.now() - since < AT_ONCE_MS) continue;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  }
  return done;
}
