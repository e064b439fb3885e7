// Between files and pixels, by what browsers have for it: pictures { width, height, data } of four channels.

const MAX_PIXELS = 64_000_000; // opening.py has the same limit

/** The pixels of a picture file, upright; throws a sentence if it is none, or too large. */
export async function decoded(file, name = "This file") {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image", premultiplyAlpha: "none" });
  } catch {
    throw new Error(`${name} isn't a picture we can read; save it as JPEG or PNG.`);
  }
  const { width, height } = bitmap;
  try {
    if (width * height > MAX_PIXELS) throw new Error(`${name} has more than 64 million pixels; scale it down first.`);
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    return { width, height, data: context.getImageData(0, 0, width, height).data };
  } finally {
    bitmap.close();
  }
}

/** The file in a data URL. */
export function blobOf(url) {
  return new Blob([Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (letter) => letter.charCodeAt(0))]);
}

/** A picture as a PNG in a data URL. */
export async function pngUrl({ width, height, data }) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(data.buffer, data.byteOffset, data.length), width, height), 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/png" });
  return new FileReaderSync().readAsDataURL(blob);
}
