// The picture of a map of own photos: each of them in its cell, out of its small copy.

const CELL = 64; // pixels, as in map.py
const QUALITY = 0.75;

/** `photos` lie in `cells`, `copyOf(photo)` promises the copy of one; returns a picture file whose free cells are clear. */
export async function painted({ columns, rows, cells }, photos, copyOf, told) {
  const canvas = new OffscreenCanvas(columns * CELL, rows * CELL);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  for (const [at, photo] of photos.entries()) {
    told(at / photos.length);
    const copy = await copyOf(photo);
    const bitmap = copy && (await createImageBitmap(copy).catch(() => null));
    if (!bitmap) continue; // it went meanwhile
    const [column, row] = [cells[at] % columns, Math.floor(cells[at] / columns)];
    const side = Math.min(bitmap.width, bitmap.height); // of the middle, which is shown
    const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
    context.drawImage(bitmap, left, top, side, side, column * CELL + 1, row * CELL + 1, CELL - 2, CELL - 2);
    bitmap.close();
  }
  return canvas.convertToBlob({ type: "image/webp", quality: QUALITY });
}
