// Grey pictures: how Pillow makes one of three channels, and how often each level is there.

/** Three channels as one. */
export function greyOf({ width, height, data }) {
  const grey = new Uint8Array(width * height);
  for (let at = 0; at < grey.length; at += 1) {
    grey[at] = (19595 * data[3 * at] + 38470 * data[3 * at + 1] + 7471 * data[3 * at + 2] + 32768) >> 16;
  }
  return { width, height, data: grey };
}

/** How many pixels are of each level. */
export function levelsOf({ data }) {
  const levels = new Float64Array(256);
  for (const level of data) levels[level] += 1;
  return levels;
}

/** The levels along the top, the bottom, the left and the right of a picture. */
export function borderOf({ width, height, data }) {
  const column = (x) => Uint8Array.from({ length: height }, (_, y) => data[y * width + x]);
  return [data.slice(0, width), data.slice((height - 1) * width), column(0), column(width - 1)];
}

/** The level in the middle of those along all four sides. */
export function medianOfBorder(picture) {
  const around = borderOf(picture).flatMap((side) => [...side]).sort((one, other) => one - other);
  const half = around.length / 2;
  return (around[Math.ceil(half) - 1] + around[Math.floor(half)]) / 2;
}

export const inverted = (picture) => ({ ...picture, data: picture.data.map((level) => 255 - level) });
