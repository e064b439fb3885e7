// Larger pictures of any numbers, { width, height, data }, as Pillow makes them of floats: cubic, across and then down.

import { BICUBIC, weightsOf } from "./scaling.js";

export function resizedFloats(picture, width, height) {
  return downwards(downwards(picture, width, true), height, false);
}

/** One way alone. */
function downwards({ width, height, data }, count, isAcross) {
  const places = weightsOf(isAcross ? width : height, count, BICUBIC);
  const size = isAcross ? { width: count, height } : { width, height: count };
  const result = { ...size, data: new Float32Array(size.width * size.height) };
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) {
      const { first, weights } = places[isAcross ? x : y];
      let sum = 0;
      for (let step = 0; step < weights.length; step += 1) {
        sum += weights[step] * data[isAcross ? y * width + first + step : (first + step) * width + x];
      }
      result.data[y * size.width + x] = sum;
    }
  }
  return result;
}
