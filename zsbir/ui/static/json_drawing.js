// Drawings in JSON: those saved here, and those of Quick, Draw!, raw or simplified. A file may have one object a line,
// objects over many lines, or a list of drawings.

import { HEIGHT, PEN, WIDTH, boundsOf, checked, fitting, penOf } from "./strokes.js";

const MOST_TRIED = 20; // values that are no drawing, until the search for one is given up,
const MOST_LETTERS = 20_000_000; // and their letters
const DEEPEST = 32; // brackets within brackets

/** The first drawing in a text, and whether there are more; throws if there is none. */
export function strokesInJson(text) {
  let strokes = null;
  for (const value of firstOf(drawingsIn(text), MOST_TRIED)) {
    if (strokes) return { strokes, hasMore: true };
    strokes = strokesOf(value);
  }
  if (!strokes) throw new TypeError("no drawing");
  return { strokes, hasMore: false };
}

function* firstOf(values, most) {
  let count = 0;
  for (const value of values) {
    if ((count += 1) > most) return;
    yield value;
  }
}

/** What may be a drawing, one after the other. */
function* drawingsIn(text) {
  for (const value of valuesIn(text)) {
    if (Array.isArray(value) && !value.some(isStroke)) yield* value;
    else yield value;
  }
}

/** The objects and lists in a text, whatever is between them; one that is broken is passed over with its line. */
function* valuesIn(text) {
  const brackets = /[[{]/g;
  let left = MOST_LETTERS;
  for (let found = brackets.exec(text); found && left > 0; found = brackets.exec(text)) {
    const end = endOf(text, found.index);
    left -= end - found.index;
    try {
      yield JSON.parse(text.slice(found.index, end));
      brackets.lastIndex = end;
    } catch {
      const line = text.indexOf("\n", found.index);
      if (line < 0) return;
      brackets.lastIndex = line;
      yield null;
    }
  }
}

/** Where the value ends that begins with a bracket, or where it is too deep to be a drawing. */
function endOf(text, start) {
  const marks = /"(?:[^"\\]|\\[^])*"|[[{]|[\]}]/g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    if ("[{".includes(mark[0])) depth += 1;
    else if ("]}".includes(mark[0])) depth -= 1;
    if (depth === 0 || depth > DEEPEST) return marks.lastIndex;
  }
  return text.length;
}

/** The strokes of a drawing, on this page; null if it is none. */
function strokesOf(value) {
  try {
    const list = Array.isArray(value) ? value : (value.drawing ?? value.strokes);
    return list.some(isStroke) ? fromAxes(list) : fromPoints(list);
  } catch {
    return null;
  }
}

/** Whether something is a stroke as Quick, Draw! has them: [xs, ys], or [xs, ys, times]. */
function isStroke(value) {
  const isAxis = (axis) => Array.isArray(axis) && typeof (axis[0] ?? 0) === "number";
  return Array.isArray(value) && value.length >= 2 && isAxis(value[0]) && isAxis(value[1]);
}

function fromAxes(list) {
  const pointsOf = ([xs, ys]) => xs.map((x, at) => [x, ys[at]]).filter((point) => point.every(Number.isFinite));
  const lines = list.filter(isStroke).map(pointsOf).filter((points) => points.length);
  const { place } = fitting(boundsOf(lines.flat()));
  return checked(lines.map((points) => ({ width: PEN, points: points.map(place) })));
}

/** Strokes as they are saved here; those of a page of another size are fitted to this one. */
function fromPoints(list) {
  const strokes = list.filter(({ points }) => points.length).map(({ width = PEN, points }) => ({ width, points }));
  const isOnPage = ([x, y]) => x >= 0 && x <= WIDTH && y >= 0 && y <= HEIGHT;
  if (strokes.every(({ points }) => points.every(isOnPage))) return checked(strokes);
  const { scale, place } = fitting(boundsOf(strokes.flatMap(({ points }) => points)));
  const fitted = ({ width, points }) => ({
    width: penOf(width * scale),
    points: points.map(([x, y, ...pressure]) => [...place([x, y]), ...pressure]),
  });
  return checked(strokes.map(fitted));
}
