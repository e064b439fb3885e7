// The page: strokes, over a picture if one was uploaded, and its history. First of the files that make the
// drawing area (see canvas.js). Only the stroke under the pen grows; everything else replaces the page,
// so that undo can bring the old one back.

const WIDTH = 1000; // the page, in its own units; the screen shows it at any size
const HEIGHT = 800;
const RUBBER = 34; // radius of the eraser
const DENSITY = 5; // a stroke that is rubbed gets points this close together

// Strokes have a width and points [x, y], or [x, y, pressure]. `rubbed` are places on the picture that the
// eraser was on: strokes are cut, a picture is not.
const BLANK = { strokes: [], picture: null, rubbed: [] };
const history = { earlier: [], later: [] };
let page = BLANK;
let revision = 0; // rises with every replacement

function isBlank() {
  return page.strokes.length === 0 && page.picture === null;
}

/** Shows another page; what was shown before can be had back with undo. */
function turnTo(next) {
  history.earlier.push(page);
  history.later.length = 0;
  replacePage(next);
}

function replacePage(next) {
  page = next;
  revision += 1;
  showPage();
}

/** Goes one step back (from `earlier`) or forth (from `later`); returns whether there was one. */
function step(from, to) {
  if (from.length === 0) return false;
  to.push(page);
  replacePage(from.pop());
  return true;
}

// ---- The eraser cuts strokes where it passes, so what is left is still strokes.

/** The page after the eraser went from one point to another; the same page if it touched nothing. */
function rubbedOut(from, to) {
  let touched = false;
  const strokes = page.strokes.flatMap((stroke) => {
    const reach = RUBBER + stroke.width / 2;
    const pieces = remains(stroke, (point) => distance(point, from, to) <= reach);
    touched ||= pieces.length !== 1 || pieces[0] !== stroke;
    return pieces;
  });
  if (page.picture) return { ...page, strokes, rubbed: [...page.rubbed, { from, to }] };
  return touched ? { ...page, strokes } : page;
}

/** The pieces of a stroke that are left; the stroke itself if it was not touched. */
function remains(stroke, isGone) {
  const dense = stroke.points.flatMap((point, at) => (at ? between(stroke.points[at - 1], point) : [point]));
  if (!dense.some(isGone)) return [stroke];
  const pieces = [[]];
  for (const point of dense) {
    if (!isGone(point)) pieces.at(-1).push(point);
    else if (pieces.at(-1).length) pieces.push([]);
  }
  return pieces.filter((points) => points.length > 1).map((points) => ({ ...stroke, points }));
}

/** Points after `start` up to `end`, no further apart than `DENSITY`. */
function between(start, end) {
  const count = Math.max(1, Math.ceil(Math.hypot(end[0] - start[0], end[1] - start[1]) / DENSITY));
  return Array.from({ length: count }, (_, at) => {
    const share = (at + 1) / count;
    return end.map((value, axis) => Math.round((start[axis] + (value - start[axis]) * share) * 100) / 100);
  });
}

/** How far a point is from the line between two others. */
function distance([x, y], [x0, y0], [x1, y1]) {
  const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  const share = length && Math.min(1, Math.max(0, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length));
  return Math.hypot(x - x0 - share * (x1 - x0), y - y0 - share * (y1 - y0));
}

// ---- Painting

/** SVG path data along the points: gentle bends are rounded, corners kept; a single point is a dot. */
function pathThrough(points) {
  const places = points.map(([x, y]) => [x, y]);
  let data = `M${places[0].join(" ")}`;
  if (places.length === 1) return `${data}l.01 0`;
  for (let at = 1; at < places.length - 1; at += 1) {
    const [[x0, y0], [x, y], [x1, y1]] = places.slice(at - 1, at + 2);
    const straightness = (x - x0) * (x1 - x) + (y - y0) * (y1 - y);
    const isCorner = straightness < 0.5 * Math.hypot(x - x0, y - y0) * Math.hypot(x1 - x, y1 - y);
    data += isCorner ? `L${x} ${y}` : `Q${x} ${y} ${(x + x1) / 2} ${(y + y1) / 2}`;
  }
  return `${data}L${places.at(-1).join(" ")}`;
}

/** Pieces of a stroke with the width of each: one for all, or one between points where pressure is known. */
function widthsOf({ width, points }) {
  if (points[0].length < 3 || points.length === 1) return [{ width, points }];
  return points.slice(1).map((point, at) => ({
    width: width * (0.5 + (point[2] + points[at][2]) / 2), // as drawing.py has it
    points: [points[at], point],
  }));
}

function paint(target, ink) {
  const context = target.getContext("2d");
  context.setTransform(target.width / WIDTH, 0, 0, target.height / HEIGHT, 0, 0);
  context.clearRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = context.strokeStyle = ink;
  context.lineCap = context.lineJoin = "round";
  if (page.picture) {
    // Ink is what is opaque in the picture; it takes the colour of the pen, so it fits the dark theme too.
    context.drawImage(page.picture, (WIDTH - HEIGHT) / 2, 0, HEIGHT, HEIGHT);
    context.globalCompositeOperation = "source-in";
    context.fillRect(0, 0, WIDTH, HEIGHT);
    context.globalCompositeOperation = "destination-out";
    context.lineWidth = 2 * RUBBER;
    for (const { from, to } of page.rubbed) context.stroke(new Path2D(pathThrough([from, to])));
    context.globalCompositeOperation = "source-over";
  }
  for (const stroke of page.strokes) {
    for (const piece of widthsOf(stroke)) {
      context.lineWidth = piece.width;
      context.stroke(new Path2D(pathThrough(piece.points)));
    }
  }
}
