// Drawings and pictures onto the page: chosen, photographed, dropped or pasted. What a file holds is seen by its content;
// text that may be a drawing is read here, anything else is a picture, which the server reads.

import { strokesInJson } from "./json_drawing.js";
import { isForPage } from "./keys.js";
import { BLANK } from "./page.js";
import { strokesInSvg } from "./svg_drawing.js";

const MAX_UPLOAD_BYTES = 20_000_000; // query.py has the same limit
const HEAD_BYTES = 1_024; // enough to see what a file is
const PICTURE_AS_TEXT = /^\s*data:image\/[\w.+-]+;base64,([\w+/]+={0,2})\s*$/;
const MAY_BE_DRAWING = /^\s*[[{<]/; // JSON or XML

/** Wires all ways; `read` is read_picture of canvas.py, `turnTo` shows a page, `say` tells what is wrong. */
export function acceptFiles({ chooser, camera, canvas, read, page, turnTo, say }) {
  /** Shows what is in a file, or in another one if that is none, or says why not. */
  async function open(file, other = null) {
    if (!file) return;
    if (file.size > MAX_UPLOAD_BYTES) {
      say(`${file.name} is larger than ${MAX_UPLOAD_BYTES / 1e6} MB; make it smaller first.`);
      return;
    }
    const asked = page.claim();
    say(`Reading ${file.name} …`);
    const { error, remark, ...opened } = await contentOf(file, read);
    if (page.revision !== asked) return; // something newer is on the page by now
    if (error && other) return open(other);
    if (!error) turnTo({ ...BLANK, ...opened });
    say(error ?? remark ?? "");
  }

  /** Opens what was dropped or pasted: a drawing as text, or a file. */
  function take(transfer) {
    const text = transfer.getData("text/plain");
    const file = Array.from(transfer.files).find(({ type }) => type.startsWith("image/")) ?? transfer.files[0];
    if (MAY_BE_DRAWING.test(text)) open(new File([text], "This text"), file);
    else if (file) open(file);
    else if (PICTURE_AS_TEXT.test(text)) open(fileOf(text));
    else say("That is neither a picture nor a drawing; copy one, or open a file.");
  }

  chooser.addEventListener("change", () => {
    open(chooser.files[0]);
    chooser.value = ""; // so that choosing the same file again counts as a change
  });
  offerCamera(camera, open);
  document.addEventListener("paste", (event) => {
    if (!isForPage(event)) return;
    event.preventDefault();
    take(event.clipboardData);
  });
  acceptDrops(canvas, take);
}

/** A picture that was copied as its address of data. */
function fileOf(text) {
  const bytes = atob(text.match(PICTURE_AS_TEXT)[1]);
  return new File([Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))], "This text");
}

function acceptDrops(canvas, take) {
  const mark = (isOver) => canvas.parentElement.classList.toggle("zs-over", isOver);
  canvas.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  canvas.addEventListener("dragleave", () => mark(false));
  canvas.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    take(event.dataTransfer);
  });
}

/** Shows a button for photos of drawings on paper, on devices that are held up to it: with a camera, used by touch. */
async function offerCamera(button, open) {
  const chooser = document.createElement("input");
  Object.assign(chooser, { type: "file", accept: "image/*" });
  chooser.setAttribute("capture", "environment");
  chooser.addEventListener("change", () => {
    open(chooser.files[0]);
    chooser.value = "";
  });
  button.addEventListener("click", () => chooser.click());
  button.hidden = !matchMedia("(pointer: coarse)").matches || !(await hasCamera());
}

async function hasCamera() {
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.some(({ kind }) => kind === "videoinput");
  } catch {
    return true; // over plain http nothing is told, and what is used by touch nearly always has one
  }
}

/** What a file puts on the page, with a `remark` if something is to be said of it; or an `error`, a sentence. */
async function contentOf(file, read) {
  const { name } = file;
  let text;
  try {
    text = await textOf(file);
  } catch {
    return { error: `${name} could not be read; choose a file that still exists, not a folder.` };
  }
  if (text === null) return openPicture(file, read);
  return /^\s*</.test(text) ? openSvg(name, text) : openJson(name, text);
}

/** The text of a file, if it begins as a drawing does; null if not. */
async function textOf(file) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const mark = head[0] * 256 + head[1]; // what programs of Windows begin a text with
  const encoding = { 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[mark] ?? "utf-8";
  if (!MAY_BE_DRAWING.test(new TextDecoder(encoding).decode(head))) return null;
  return new TextDecoder(encoding).decode(await file.arrayBuffer());
}

async function openSvg(name, text) {
  try {
    const { strokes, leftOut } = await strokesInSvg(text);
    return { strokes, remark: leftOut.length ? `Left out of ${name}: ${leftOut.join(" and ")}.` : undefined };
  } catch (error) {
    const trouble = error instanceof RangeError ? "has more lines than can be drawn here" : "has no lines we can draw";
    return { error: `${name} ${trouble}; save it as a PNG picture and open that.` };
  }
}

function openJson(name, text) {
  try {
    const { strokes, hasMore } = strokesInJson(text);
    return { strokes, remark: hasMore ? `${name} has several drawings; this is the first.` : undefined };
  } catch {
    return { error: `${name} isn't a drawing we can read; open a Quick, Draw! file, an SVG or a picture.` };
  }
}

async function openPicture(file, read) {
  try {
    const answer = await read(await dataUrl(file));
    if (!answer.picture) return { error: `${file.name}: ${answer.error ?? "This picture can't be read; try another."}` };
    const picture = new Image();
    picture.src = answer.picture;
    await picture.decode();
    return { picture };
  } catch {
    return { error: `${file.name} could not be sent; try again.` };
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
