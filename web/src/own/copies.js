// A photo file as the search and the page need it: its pixels, upright and no larger than that, and a small copy.

const WORKING_SIDE = 1024; // pixels; larger photos are reduced to this at once
const [SMALL_SIDE, QUALITY] = [400, 0.85]; // of copies, as copies.py has them
const MAX_PIXELS = 64_000_000; // opening.py has the same limit

/** { picture, copy } of a file: pixels of four channels, and a JPEG without EXIF data. Throws a sentence. */
export async function copied(file, name) {
  const bitmap = await bitmapOf(file, name);
  try {
    const canvas = scaled(bitmap, WORKING_SIDE);
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const copy = await scaled(canvas, SMALL_SIDE, "white").convertToBlob({ type: "image/jpeg", quality: QUALITY });
    return { picture: { width, height, data }, copy };
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

/** A picture on a canvas, its longest side at most this. */
function scaled(picture, side, paper = null) {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(...[picture.width, picture.height].map((it) => Math.max(1, Math.round(it * scale))));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (paper) {
    context.fillStyle = paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
