// Paints the page on a canvas, at the next frame, and only what changed: finished strokes lie ready in a picture of their
// own; the stroke under the pen is drawn on top of it, bit by bit.

import { HEIGHT, RUBBER, WIDTH, around, boxAround, boxOf, overlap, pathThrough, piecesOf, shapesOf } from "./strokes.js";
import { BLANK } from "./page.js";

/** Paints a page as it is asked to, on any canvas, in one colour; within a box of the page right, if one is given. */
export function paint(target, page, ink, box = null) {
  const context = target.getContext("2d");
  context.save();
  context.resetTransform();
  context.clearRect(0, 0, target.width, target.height);
  context.setTransform(target.width / WIDTH, 0, 0, target.height / HEIGHT, 0, 0);
  context.fillStyle = context.strokeStyle = ink;
  context.lineCap = context.lineJoin = "round";
  if (page.picture) paintPicture(context, page);
  for (const stroke of page.strokes) if (!box || overlap(boxOf(stroke), box)) paintStroke(context, stroke);
  context.restore();
}

/** Ink is what is opaque in the picture; it takes the colour of the pen, so it fits the dark theme too. */
function paintPicture(context, { picture, rubbed }) {
  context.drawImage(picture, (WIDTH - HEIGHT) / 2, 0, HEIGHT, HEIGHT);
  context.globalCompositeOperation = "source-in";
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.globalCompositeOperation = "destination-out";
  context.lineWidth = 2 * RUBBER;
  for (const { from, to } of rubbed) context.stroke(new Path2D(pathThrough([from, to])));
  context.globalCompositeOperation = "source-over";
}

function paintStroke(context, stroke) {
  for (const { width, shape } of shapesOf(stroke)) {
    context.lineWidth = width;
    context.stroke(shape);
  }
}

/** A box of the page in pixels of a canvas, rounded outwards. */
function pixelsOf(target, [left, top, right, bottom]) {
  const [across, down] = [target.width / WIDTH, target.height / HEIGHT];
  return [
    Math.max(0, Math.floor(left * across)),
    Math.max(0, Math.floor(top * down)),
    Math.min(target.width, Math.ceil(right * across)),
    Math.min(target.height, Math.ceil(bottom * down)),
  ];
}

/** Where two pages differ; null: nowhere, undefined: everywhere. */
function difference(before, after) {
  if (before.picture !== after.picture) return undefined;
  const [old, now] = [new Set(before.strokes), new Set(after.strokes)];
  const changed = [...before.strokes.filter((stroke) => !now.has(stroke)), ...after.strokes.filter((stroke) => !old.has(stroke))];
  const common = before.rubbed.findIndex((way, at) => way !== after.rubbed[at]);
  const shared = common < 0 ? before.rubbed.length : common; // ways that both have
  const ways = [...before.rubbed.slice(shared), ...after.rubbed.slice(shared)];
  const boxes = [...changed.map(boxOf), ...ways.map(({ from, to }) => boxAround([from, to], 2 * RUBBER))];
  return boxes.reduce(around, null);
}

/** Keeps a canvas up to date. */
export function makePainter(canvas) {
  const finished = document.createElement("canvas"); // the page without the stroke under the pen
  const scratch = document.createElement("canvas"); // where a part of it is painted anew
  let painted = BLANK; // the page that is on it
  let page = BLANK; // the page that is to be
  let ink = null; // null: all is to be painted anew
  let live = null; // the stroke under the pen
  let count = 0; // how many of its points are on the canvas
  let stale = null; // where the ink of a stroke is that is under the pen no more
  let frame = 0;

  function atNextFrame() {
    frame ||= requestAnimationFrame(bringUpToDate);
  }

  function bringUpToDate() {
    frame = 0;
    const differing = ink === null ? undefined : difference(painted, page);
    const box = differing && stale ? around(stale, differing) : differing === null ? stale : differing;
    if (ink === null) measure();
    if (box !== null) {
      if (box === undefined) paint(finished, page, ink);
      else {
        // Beside it and then copied, not clipped: Chromium bends a clipped curve otherwise, which shows where boxes meet.
        paint(scratch, page, ink, box);
        copy(scratch, finished, box);
      }
      copy(finished, canvas, box);
      count = 0;
    }
    [painted, stale] = [page, null];
    if (live) grow();
  }

  /** Takes the size and the colour that the canvas has now. */
  function measure() {
    const density = window.devicePixelRatio || 1;
    for (const it of [canvas, finished, scratch]) {
      it.width = Math.max(1, Math.round(canvas.clientWidth * density));
      it.height = Math.max(1, Math.round(canvas.clientHeight * density));
    }
    ink = getComputedStyle(canvas).color;
  }

  function copy(from, to, box = [0, 0, WIDTH, HEIGHT]) {
    const [left, top, right, bottom] = pixelsOf(to, box);
    const [width, height] = [right - left, bottom - top];
    if (width <= 0 || height <= 0) return;
    const context = to.getContext("2d");
    context.resetTransform();
    context.clearRect(left, top, width, height);
    context.drawImage(from, left, top, width, height, left, top, width, height);
  }

  /** Draws what has come to the stroke under the pen since the last frame, and the bend before it. */
  function grow() {
    if (count === live.points.length) return;
    const context = canvas.getContext("2d");
    context.setTransform(canvas.width / WIDTH, 0, 0, canvas.height / HEIGHT, 0, 0);
    context.strokeStyle = ink;
    context.lineCap = context.lineJoin = "round";
    for (const { width, points } of piecesOf({ ...live, points: live.points.slice(Math.max(0, count - 2)) })) {
      context.lineWidth = width;
      context.stroke(new Path2D(pathThrough(points)));
    }
    count = live.points.length;
  }

  return {
    /** Shows a page, and a stroke on top of it that still grows, if there is one. */
    show(next, growing = null) {
      if (live !== growing) {
        if (live) stale = around(stale, boxAround(live.points, live.width));
        count = 0;
      }
      [page, live] = [next, growing];
      atNextFrame();
    },
    /** Paints all anew: another size, another colour. */
    refresh() {
      ink = null;
      atNextFrame();
    },
    get ink() {
      return ink;
    },
  };
}
