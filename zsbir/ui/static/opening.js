// Drawings and pictures from files onto the page: chosen or dropped.

import { BLANK } from "./page.js";
import { HEIGHT, WIDTH, checked } from "./strokes.js";

const MAX_UPLOAD_BYTES = 20_000_000; // query.py has the same limit
const QUICKDRAW_SIDE = 255; // its coordinates go from 0 to this
const PEN = 16; // width of the lines of drawings that do not say

/** Wires chooser and canvas; `read` is read_picture of canvas.py, `turnTo` shows a page, `say` tells what is wrong. */
export function acceptFiles({ chooser, canvas, read, page, turnTo, say }) {
  /** Opens a saved drawing here; any other picture the server turns into ink on transparent paper, or says why not. */
  async function open(file) {
    if (!file) return;
    if (file.size > MAX_UPLOAD_BYTES) {
      say(`Expected a file of at most ${MAX_UPLOAD_BYTES / 1e6} MB, found ${file.name} with more; make it smaller first.`);
      return;
    }
    const asked = page.claim();
    say("Reading the file …");
    const opened = /\.(nd)?json$|\.svg$/i.test(file.name) ? await openDrawing(file) : await openPicture(file, read);
    if (page.revision !== asked) return; // something newer is on the page by now
    if (opened.error) say(opened.error);
    else turnTo({ ...BLANK, ...opened });
  }

  chooser.addEventListener("change", () => {
    open(chooser.files[0]);
    chooser.value = ""; // so that choosing the same file again counts as a change
  });
  canvas.addEventListener("dragover", (event) => event.preventDefault());
  canvas.addEventListener("drop", (event) => {
    event.preventDefault();
    open(event.dataTransfer.files[0]);
  });
}

async function openDrawing(file) {
  try {
    return { strokes: strokesIn(file.name, await file.text()) };
  } catch {
    return { error: `Expected a drawing saved here or one of Quick, Draw!, found something else in ${file.name}.` };
  }
}

/** The strokes in the text of a file; throws if there are none. */
function strokesIn(name, text) {
  if (/\.svg$/i.test(name)) {
    const carried = new DOMParser().parseFromString(text, "image/svg+xml").querySelector("metadata");
    return checked(JSON.parse(carried.textContent).strokes);
  }
  const value = JSON.parse(text.trim().split("\n")[0]);
  if (!value.drawing) return checked(value.strokes);
  const scale = (0.9 * HEIGHT) / QUICKDRAW_SIDE;
  return checked(
    value.drawing.map(([xs, ys]) => ({
      width: PEN,
      points: xs.map((x, at) => [(WIDTH - 0.9 * HEIGHT) / 2 + x * scale, 0.05 * HEIGHT + ys[at] * scale]),
    })),
  );
}

async function openPicture(file, read) {
  try {
    const answer = await read(await dataUrl(file));
    if (!answer.picture) return { error: answer.error ?? "The picture could not be read; try another." };
    const picture = new Image();
    picture.src = answer.picture;
    await picture.decode();
    return { picture };
  } catch {
    return { error: "The picture could not be sent; try again." };
  }
}

function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
