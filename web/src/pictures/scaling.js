// Pictures { width, height, data, channels } at other sizes, to the grey level as Pillow makes them: weights are whole
// numbers of 22 bits, across first and then down, and levels are rounded in between. `channels` may be left out: one.

const { ceil, floor, max, min, trunc, abs } = Math;

const PRECISION = 22; // bits of a weight

const box = (x) => (x > -0.5 && x <= 0.5 ? 1 : 0);
const bilinear = (x) => max(0, 1 - abs(x));
const bicubic = (signed) => {
  const x = abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
};

export const BOX = { weight: box, reach: 0.5 };
export const BILINEAR = { weight: bilinear, reach: 1 };
export const BICUBIC = { weight: bicubic, reach: 2 };

/** A picture at another size. `from`, a box [left, top, right, bottom], is what of it is taken; by default all. */
export function resized(picture, width, height, filter, from = [0, 0, picture.width, picture.height]) {
  const [left, top, right, bottom] = from;
  const isWhole = left === 0 && top === 0 && right === picture.width && bottom === picture.height;
  if (isWhole && width === picture.width && height === picture.height) return picture;
  const keepsRows = height === picture.height && top === 0 && bottom === picture.height;
  const keepsColumns = width === picture.width && left === 0 && right === picture.width;
  const narrow = keepsColumns ? picture : across(picture, width, filter, left, right);
  return keepsRows ? narrow : down(narrow, height, filter, top, bottom);
}

/**
 * A picture at a fraction of its size, perhaps another fraction down than across: each pixel is the mean of a block, at the
 * right and lower ends of what is left of one.
 */
export function reduced(picture, factor, factorDown = factor) {
  const { width, height, data, channels = 1 } = picture;
  const [columns, rows] = [ceil(width / factor), ceil(height / factorDown)];
  const small = new Uint8Array(columns * rows * channels);
  const line = width * channels;
  for (let row = 0; row < rows; row += 1) {
    const [top, bottom] = [row * factorDown, min(height, (row + 1) * factorDown)];
    for (let column = 0; column < columns; column += 1) {
      const [left, right] = [column * factor, min(width, (column + 1) * factor)];
      const count = (bottom - top) * (right - left);
      const share = trunc(2 ** 24 / count); // of 2^24; whole, as Pillow has it
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = count >> 1;
        for (let y = top; y < bottom; y += 1) {
          const end = y * line + right * channels;
          for (let at = y * line + left * channels + channel; at < end; at += channels) sum += data[at];
        }
        small[(row * columns + column) * channels + channel] = floor((sum * share) / 2 ** 24);
      }
    }
  }
  return { width: columns, height: rows, data: small, channels };
}

/** At half of its size. */
export const halved = (picture) => reduced(picture, 2);

/** For each of `count` pixels: where in the picture it begins to look, and with which weights; they add up to one. */
export function weightsOf(size, count, { weight, reach }, start = 0, end = size) {
  const scale = (end - start) / count;
  const stretch = max(scale, 1);
  return Array.from({ length: count }, (_, at) => {
    const middle = start + (at + 0.5) * scale;
    const first = max(0, trunc(middle - reach * stretch + 0.5));
    const last = min(size, trunc(middle + reach * stretch + 0.5));
    const found = Array.from({ length: last - first }, (__, step) => weight((step + first - middle + 0.5) / stretch));
    const sum = found.reduce((total, it) => total + it, 0) || 1;
    return { first, weights: found.map((it) => it / sum) };
  });
}

/** The same as whole numbers. */
function wholeWeightsOf(...places) {
  const whole = (it) => trunc((it < 0 ? -0.5 : 0.5) + it * 2 ** PRECISION);
  return weightsOf(...places).map(({ first, weights }) => ({ first, weights: Int32Array.from(weights, whole) }));
}

const level = (sum) => min(255, max(0, sum >> PRECISION));

function across({ width, height, data, channels = 1 }, columns, filter, start, end) {
  const result = new Uint8Array(columns * height * channels);
  const places = wholeWeightsOf(width, columns, filter, start, end);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const { first, weights } = places[column];
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = 2 ** (PRECISION - 1);
        let at = (row * width + first) * channels + channel;
        for (let step = 0; step < weights.length; step += 1, at += channels) sum += data[at] * weights[step];
        result[(row * columns + column) * channels + channel] = level(sum);
      }
    }
  }
  return { width: columns, height, data: result, channels };
}

function down({ width, height, data, channels = 1 }, rows, filter, start, end) {
  const line = width * channels;
  const result = new Uint8Array(line * rows);
  for (const [row, { first, weights }] of wholeWeightsOf(height, rows, filter, start, end).entries()) {
    for (let column = 0; column < line; column += 1) {
      let sum = 2 ** (PRECISION - 1);
      let at = first * line + column;
      for (let step = 0; step < weights.length; step += 1, at += line) sum += data[at] * weights[step];
      result[row * line + column] = level(sum);
    }
  }
  return { width, height: rows, data: result, channels };
}
