// Drawings as files: PNG, SVG and Quick, Draw! JSON. A saved SVG carries its strokes. And the photos found, as a picture.

import { paint } from "./painter.js";
import { resultPicture } from "./result_picture.js";
import { HEIGHT, WIDTH, jsonOf, pathThrough, piecesOf } from "./strokes.js";

const QUICKDRAW_SIDE = 255; // its coordinates go from 0 to this
const SVG = "http://www.w3.org/2000/svg";

/** Wires the menu of formats; `say` tells the visitor what is wrong. */
export function offerSaving(menu, page, say) {
  for (const button of menu.querySelectorAll("button[value]")) {
    button.addEventListener("click", async () => {
      menu.open = false;
      if (button.value === "results") {
        say("Making the picture …");
        say(await saveResults(page.now));
      } else if (page.isBlank) say("There is nothing to save yet; draw something first.");
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
  download(await FILES[format](page), `drawing.${format}`);
}

/** Saves the photos that are shown, with the drawing if they are its own; returns what is wrong, if anything is. */
async function saveResults(page) {
  const picture = await resultPicture(asPicture(page, "#fff", "#000"));
  if (!picture) return "There are no photos to save yet; draw something first.";
  const file = await new Promise((done) => picture.toBlob(done, "image/png"));
  if (!file) return "The picture is too large for this browser; show fewer photos.";
  download(file, "drawing-results.png");
  return "";
}

function download(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
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
