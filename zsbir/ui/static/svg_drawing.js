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
  const { scale, place } = fitting(lines.map(({ box }) => box).reduce(around, EMPTY));
  const length = lines.reduce((sum, line) => sum + line.length * line.scale * scale, 0);
  const step = Math.max(STEP, length / MOST_POINTS);
  return eachInTurn(lines, (line) => {
    const count = Math.max(1, Math.ceil((line.length * line.scale * scale) / step));
    const points = Array.from({ length: line.length ? count + 1 : 1 }, (_, at) =>
      place(line.matrix(line.element.getPointAtLength((line.length * at) / count))),
    );
    return { width: line.width === null ? PEN : penOf(line.width * line.scale * scale), points };
  });
}

const EMPTY = [Infinity, Infinity, -Infinity, -Infinity];
const around = (one, other) => one.map((side, at) => (at < 2 ? Math.min(side, other[at]) : Math.max(side, other[at])));

/** How long the outline of a shape is, and where it lies in the frame of the file; null if it cannot be measured. */
function measured(svg, { element, width }) {
  try {
    const { a, b, c, d, e, f } = svg.getScreenCTM().inverse().multiply(element.getScreenCTM());
    const matrix = ({ x, y }) => [a * x + c * y + e, b * x + d * y + f];
    const scale = Math.sqrt(Math.abs(a * d - b * c));
    const { x, y, width: across, height: down } = element.getBBox();
    const corners = [[x, y], [x + across, y], [x, y + down], [x + across, y + down]].map(([left, top]) => matrix({ x: left, y: top }));
    const box = corners.map(([left, top]) => [left, top, left, top]).reduce(around, EMPTY);
    const length = element.getTotalLength();
    return [...box, length, scale].every(Number.isFinite) ? { element, width, matrix, scale, box, length } : null;
  } catch {
    return null;
  }
}

/** Without what lies outside the frame of the file, and without what only fills all of it, as paper does. */
function seen(svg, lines) {
  const { x, y, width, height } = svg.viewBox.baseVal ?? {};
  if (!(width > 0 && height > 0)) return lines;
  const frame = [x, y, x + width, y + height];
  const inside = lines.filter(({ box }) => box[0] <= frame[2] && box[2] >= frame[0] && box[1] <= frame[3] && box[3] >= frame[1]);
  const drawn = inside.filter((line) => !isPaper(line, frame));
  return [drawn, inside, lines].find((list) => list.length) ?? [];
}

/** Whether a shape without a line is a rectangle around all of the frame: its outline is as long as that of its box. */
function isPaper({ width: pen, box: [left, top, right, bottom], length, scale }, frame) {
  const slack = 0.01 * (frame[2] - frame[0] + frame[3] - frame[1]);
  const covers = left <= frame[0] + slack && top <= frame[1] + slack && right >= frame[2] - slack && bottom >= frame[3] - slack;
  return pen === null && covers && length * scale > 0.99 * 2 * (right - left + bottom - top);
}

/** Works on one after the other, and lets the page breathe between them. */
async function eachInTurn(list, work) {
  const done = [];
  let since = performance.now();
  for (const item of list) {
    done.push(work(item));
    if (performance.now() - since < AT_ONCE_MS) continue;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  }
  return done;
}
