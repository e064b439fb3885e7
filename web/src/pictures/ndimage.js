// What scipy.ndimage does to pictures { width, height, data } whose data are any numbers, and to masks, whose data are 0
// and 1. Windows are `across` by `down` pixels and end where the picture ends, unless it is said what lies beyond.

/** A picture of the same size, each of its numbers made from the place of a pixel in the data. */
export function made(picture, make, Kind = Float32Array) {
  const { width, height } = picture;
  const data = new Kind(width * height);
  for (let at = 0; at < data.length; at += 1) data[at] = make(at);
  return { width, height, data };
}

/** Where something is true of a place in the data. */
export const maskOf = (picture, isSo) => made(picture, (at) => (isSo(at) ? 1 : 0), Uint8Array);

/** How many pixels of a mask are set. */
export function countOf({ data }) {
  let count = 0;
  for (const it of data) count += it;
  return count;
}

/** Rows as columns. */
export function transposed({ width, height, data }) {
  const result = { width: height, height: width, data: new data.constructor(data.length) };
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) result.data[x * height + y] = data[y * width + x];
  return result;
}

/** What `down` makes of each column and then `across` of each row; they get values and return as many. */
function alongBoth({ width, height, data }, across, down) {
  const result = { width, height, data: data.slice() };
  if (down) {
    const column = new data.constructor(height);
    for (let x = 0; x < width; x += 1) {
      for (let y = 0; y < height; y += 1) column[y] = result.data[y * width + x];
      const changed = down(column);
      for (let y = 0; y < height; y += 1) result.data[y * width + x] = changed[y];
    }
  }
  if (across) {
    for (let y = 0; y < height; y += 1) result.data.set(across(result.data.slice(y * width, (y + 1) * width)), y * width);
  }
  return result;
}

// ---- The largest and the smallest in a window

/** The largest number of each window; `beyond` is what lies around the picture, if anything. */
export function largest(picture, across, down = across, beyond = null) {
  const along = (size) => (size > 1 ? (values) => extreme(values, size, (one, other) => one >= other, beyond) : null);
  return alongBoth(picture, along(across), along(down));
}

/** The smallest. */
export function smallest(picture, across, down = across, beyond = null) {
  const along = (size) => (size > 1 ? (values) => extreme(values, size, (one, other) => one <= other, beyond) : null);
  return alongBoth(picture, along(across), along(down));
}

/** A window goes from size / 2 before a place to as far behind it, of an even size to one less. */
function extreme(values, size, beats, beyond) {
  const result = new values.constructor(values.length);
  const before = size >> 1;
  const after = size - before - 1;
  const queue = new Int32Array(values.length); // places whose values may still become the extreme, best first
  let [head, tail] = [0, 0];
  for (let at = 0, next = 0; at < values.length; at += 1) {
    for (; next < values.length && next <= at + after; next += 1) {
      while (tail > head && beats(values[next], values[queue[tail - 1]])) tail -= 1;
      queue[tail] = next;
      tail += 1;
    }
    while (queue[head] < at - before) head += 1;
    const found = values[queue[head]];
    const ends = beyond !== null && (at < before || at + after >= values.length);
    result[at] = ends && beats(beyond, found) ? beyond : found;
  }
  return result;
}

/** Grown and then shrunk: dark gaps of less than the window are filled. */
export const closed = (picture, across, down = across) => smallest(largest(picture, across, down), across, down);

/** Shrunk and then grown: bright lines of less than the window go. */
export const opened = (picture, across, down = across) => largest(smallest(picture, across, down), across, down);

// ---- Means and medians

/** Blurred by a Gaussian of this standard deviation, up to four of them away; the picture is mirrored at its ends. */
export function blurred(picture, deviation) {
  const reach = Math.trunc(4 * deviation + 0.5);
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, at) => Math.exp((-0.5 * (at - reach) ** 2) / deviation ** 2));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const along = (values) => {
    const count = values.length;
    const result = new values.constructor(count);
    for (let at = 0; at < count; at += 1) {
      let total = 0;
      for (let step = -reach; step <= reach; step += 1) {
        let place = at + step;
        if (place < 0 || place >= count) {
          place = ((place % (2 * count)) + 2 * count) % (2 * count);
          if (place >= count) place = 2 * count - 1 - place;
        }
        total += values[place] * weights[step + reach];
      }
      result[at] = total / sum;
    }
    return result;
  };
  return alongBoth({ ...picture }, along, along);
}

const within = (place, count) => Math.min(count - 1, Math.max(0, place));

/** The means of windows of an odd size along each row; at the ends the last number goes on. */
export function rowMeans(picture, size) {
  const reach = size >> 1;
  return alongBoth(picture, (values) => {
    const result = new values.constructor(values.length);
    for (let at = 0; at < values.length; at += 1) {
      let sum = 0;
      for (let step = -reach; step <= reach; step += 1) sum += values[within(at + step, values.length)];
      result[at] = sum / size;
    }
    return result;
  });
}

/** The medians of windows of an odd size along a list; at the ends the last number goes on. */
export function movingMedians(values, size) {
  const reach = size >> 1;
  return Array.from(values, (_, at) => {
    const window = Array.from({ length: size }, (__, step) => values[within(at + step - reach, values.length)]);
    return window.sort((one, other) => one - other)[reach];
  });
}

/** A share of numbers is smaller than this; between two of them it is interpolated. */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

export const median = (values) => quantile(values, 0.5);

// ---- Places: pixels of a mask that touch each other

/** Numbers the places of a mask from 1, in the order of their first pixels; corners touch if `byCorners`. */
export function labelled({ width, height, data }, byCorners = false) {
  const places = new Int32Array(data.length);
  const stack = [];
  let count = 0;
  for (let start = 0; start < data.length; start += 1) {
    if (!data[start] || places[start]) continue;
    count += 1;
    places[start] = count;
    stack.push(start);
    while (stack.length) {
      const at = stack.pop();
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let dy = -1; dy <= 1; dy += 1) {
        for (let dx = -1; dx <= 1; dx += 1) {
          if ((dx && dy && !byCorners) || x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
          const next = at + dy * width + dx;
          if (!data[next] || places[next]) continue;
          places[next] = count;
          stack.push(next);
        }
      }
    }
  }
  return { width, height, data: places, count };
}

/** What is added up over each place, from 0, which is none. */
export function sumsOf(places, valueAt) {
  const sums = new Float64Array(places.count + 1);
  for (let at = 0; at < places.data.length; at += 1) sums[places.data[at]] += valueAt(at);
  return sums;
}

/** The largest of each place. */
export function largestOf(places, valueAt) {
  const found = new Float64Array(places.count + 1).fill(-Infinity);
  for (let at = 0; at < places.data.length; at += 1) {
    const value = valueAt(at);
    if (value > found[places.data[at]]) found[places.data[at]] = value;
  }
  return found;
}

/** A mask with what it goes around, too. */
export function holesFilled(mask) {
  const { width, height } = mask;
  const outside = labelled(maskOf(mask, (at) => !mask.data[at]));
  const open = new Set();
  for (let x = 0; x < width; x += 1) open.add(outside.data[x]).add(outside.data[(height - 1) * width + x]);
  for (let y = 0; y < height; y += 1) open.add(outside.data[y * width]).add(outside.data[y * width + width - 1]);
  return maskOf(mask, (at) => mask.data[at] || !open.has(outside.data[at]));
}

/** A mask without the pixels at its border. */
export function eroded(mask) {
  const { width, height, data } = mask;
  return maskOf(mask, (at) => {
    const x = at % width;
    const isInside = x > 0 && x < width - 1 && at >= width && at < width * (height - 1);
    return isInside && data[at] && data[at - 1] && data[at + 1] && data[at - width] && data[at + width];
  });
}
