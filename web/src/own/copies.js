// A photo file as the search and the page need it: its pixels, upright and no more than the search looks at, and a small copy.

import { reduced } from "../pictures/scaling.js";

const WORKING_SIDE = 1024; // pixels; of larger photos a fraction is taken whose longest side is at least this
const BAND = 64; // rows of a fraction that are made at once
const [SMALL_SIDE, QUALITY] = [400, 0.85]; // of copies, as copies.py has them
const MAX_PIXELS = 64_000_000; // opening.py has the same limit

/** { picture, copy } of a file: pixels of four channels, and a JPEG without EXIF data. Throws a sentence. */
export async function copied(file, name) {
  const bitmap = await bitmapOf(file, name);
  try {
    const picture = pixelsOf(bitmap);
    const copy = await smallCopy(bitmap).convertToBlob({ type: "image/jpeg", quality: QUALITY });
    return { picture, copy };
  } finally {
    bitmap.close();
  }
}

async function bitmapOf(file, name) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Error(`${name} isn't a picture we can read; save it as JPEG or PNG.`);
  }
  if (bitmap.width * bitmap.height <= MAX_PIXELS) return bitmap;
  bitmap.close();
  throw new Error(`${name} has more than 64 million pixels; scale it down first.`);
}

/**
 * The pixels of a photo, four channels; of a large one a fraction, as opening.py makes it. A canvas would smooth in its own
 * way, by which embeddings differ. It is done a band at a time, or a large photo would take its memory once more.
 */
function pixelsOf(bitmap) {
  const factor = Math.max(1, Math.floor(Math.max(bitmap.width, bitmap.height) / WORKING_SIDE));
  const [width, height] = [Math.ceil(bitmap.width / factor), Math.ceil(bitmap.height / factor)];
  const data = new Uint8ClampedArray(4 * width * height);
  const rows = factor > 1 ? BAND * factor : bitmap.height;
  const context = new OffscreenCanvas(bitmap.width, rows).getContext("2d", { willReadFrequently: true });
  for (let top = 0; top < bitmap.height; top += rows) {
    context.clearRect(0, 0, bitmap.width, rows);
    context.drawImage(bitmap, 0, -top);
    const band = context.getImageData(0, 0, bitmap.width, Math.min(rows, bitmap.height - top));
    const { data: pixels } = factor > 1 ? reduced({ width: band.width, height: band.height, data: band.data, channels: 4 }, factor) : band;
    data.set(pixels, 4 * width * (top / factor));
  }
  return { width, height, data };
}

/** A photo on white paper, on a canvas that is no larger than a small copy. */
function smallCopy(bitmap) {
  const scale = Math.min(1, SMALL_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(...[bitmap.width, bitmap.height].map((it) => Math.max(1, Math.round(it * scale))));
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}
