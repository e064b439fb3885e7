// Drawings as files: PNG, SVG and Quick, Draw! JSON. A saved SVG carries its strokes.

import { paint } from "./painter.js";
import { HEIGHT, WIDTH, jsonOf, pathThrough, piecesOf } from "./strokes.js";

const QUICKDRAW_SIDE = 255; // its coordinates go from 0 to this
const SVG = "http://www.w3.org/2000/svg";

/** Wires the menu of formats; `say` tells the visitor what is wrong. */
export function offerSaving(menu, page, say) {
  for (const button of menu.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      menu.open = false;
      if (page.isBlank) say("There is nothing to save yet; draw something first.");
      else if (page.now.picture && button.value !== "png") {
        say("An opened picture has no strokes to save; save it as PNG, or clear and draw.");
      } else save(page.now, button.value);
    });
  }
}

const FILES = {
  png: (page) => new Promise((done) => asPicture(page, "#fff", "#000").toBlob(done, "image/png")),
  svg: ({ strokes }) => new Blob([asSvg(strokes)], { type: "image/svg+xml" }),
  ndjson: ({ strokes }) => new Blob([asQuickDraw(strokes)], { type: "application/x-ndjson" }),
};

async function save(page, format) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await FILES[format](page));
  link.download = `drawing.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The page as a picture. */
function asPicture(page, paper, ink) {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [WIDTH, HEIGHT];
  paint(copy, page, ink);
  const context = copy.getContext("2d");
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = paper;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  return copy;
}

function asSvg(strokes) {
  const carried = `{"width":${WIDTH},"height":${HEIGHT},"strokes":[${strokes.map(jsonOf).join()}]}`;
  const paths = strokes
    .flatMap(piecesOf)
    .map(({ width, points }) => `<path d="${pathThrough(points)}" stroke-width="${width}"/>`);
  return `<svg xmlns="${SVG}" viewBox="0 0 ${WIDTH} ${HEIGHT}" fill="none" stroke="#000" stroke-linecap="round" stroke-linejoin="round"><metadata>${carried}</metadata>${paths.join("")}</svg>\n`;
}

/** Quick, Draw!'s simplified format: moved to the corner, the longer side from 0 to 255, one object a line. */
function asQuickDraw(strokes) {
  const points = strokes.flatMap((stroke) => stroke.points);
  const [left, top] = [0, 1].map((axis) => points.reduce((least, point) => Math.min(least, point[axis]), Infinity));
  const side = points.reduce((most, [x, y]) => Math.max(most, x - left, y - top), 1);
  const scale = QUICKDRAW_SIDE / side;
  const drawing = strokes.map((stroke) => [
    stroke.points.map(([x]) => Math.round((x - left) * scale)),
    stroke.points.map(([, y]) => Math.round((y - top) * scale)),
  ]);
  return `${JSON.stringify({ word: "drawing", drawing })}\n`;
}
