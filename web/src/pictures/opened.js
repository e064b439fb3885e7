// A page with an opened picture under the strokes, as query.py makes it: ink on glass, what the eraser took, and lines.

import { drawDisc, drawLine, plain } from "./ink.js";
import { drawStrokes } from "./drawing.js";
import { prepareSketch } from "./preparation.js";
import { BILINEAR, resized } from "./scaling.js";

export const SHOWN_SIDE = 512; // of an opened sketch on the canvas, in pixels
const RUBBER = 34; // radius of the eraser; strokes.js has the same

/** An opened sketch as the canvas shows it: black ink on transparent paper, four channels. */
export function inkOnGlass(picture) {
  const { width, height, data } = prepareSketch(picture, SHOWN_SIDE);
  const glass = new Uint8ClampedArray(4 * data.length);
  for (const [at, level] of data.entries()) glass[4 * at + 3] = 255 - level;
  return { width, height, data: glass };
}

const laid = new WeakMap(); // the page under each glass as it was laid last: it is asked for at every move of the pen

/** The page of a canvas whose picture is `glass`, grey. */
export function pageWith(glass, { width, height, rubbed }, drawing) {
  const known = laid.get(glass);
  const under = known?.width === width && known.height === height ? known : pageUnder(glass, width, height);
  laid.set(glass, under);
  const page = { ...under, data: under.data.slice() };
  for (const { from, to } of rubbed) {
    drawLine(page, [from, to], 2 * RUBBER, 255);
    for (const [x, y] of [from, to]) drawDisc(page, [x - RUBBER, y - RUBBER, x + RUBBER, y + RUBBER], 255);
  }
  drawStrokes(page, drawing);
  return page;
}

/** The same before anything was drawn or rubbed out. */
function pageUnder(glass, width, height) {
  const page = plain(width, height, 255);
  const ink = { width: glass.width, height: glass.height, data: glass.data.filter((_, at) => at % 4 === 3) };
  const { data } = resized(ink, height, height, BILINEAR);
  const left = Math.floor((width - height) / 2);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < height; x += 1) {
      if (left + x < 0 || left + x >= width) continue;
      page.data[y * width + left + x] = 255 - data[y * height + x];
    }
  }
  return page;
}
