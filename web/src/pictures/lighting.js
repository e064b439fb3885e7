// How dark the ink is on paper in any light, and that ink black on white, as lighting.py does it and says why.

import { blurred, labelled, largest, largestOf, made, maskOf, median, quantile, smallest, sumsOf } from "./ndimage.js";
import { resizedFloats } from "./floats.js";
import { halfToEven } from "./ink.js";

export const FAINTEST = 0.08; // darkness of ink at least
const STROKE = 0.06; // of the longer side; wider dark areas are not lines but shadows, or filled
const SHADE = 4; // pixels a side of the blocks in which light is measured
const SHADOW = 0.45; // of the light around; what is darker is filled with ink,
const [FILLED, SHADED] = [0.75, [0.88, 0.65]]; // and so is what has this, and ends within the paper where it has that
const [WHITE, CORE, BLACK] = [0.3, 0.5, 0.75]; // of how dark ink is: where paper ends, what each stroke has, full ink
const SPECK = 12e-6; // of the longer side squared; smaller spots are dust
const MARGIN = 0.02; // of the longer side; what lies wholly within it is the paper's edge, or its shadow

/** How much darker each pixel is than its paper, 0 to 1, and the standard deviation of that on bare paper. */
export function darknessOf(grey, paper) {
  const light = lightOn(grey, paper);
  const soft = blurred(grey, 1);
  const raw = made(grey, (at) => (paper.data[at] ? 1 - soft.data[at] / light.data[at] : 0));
  const usual = median(raw.data.filter((_, at) => paper.data[at]));
  const darkness = made(grey, (at) => (paper.data[at] ? raw.data[at] - usual : 0));
  const brighter = [];
  for (let at = 0; at < raw.data.length; at += 1) if (darkness.data[at] < 0) brighter.push(-darkness.data[at] * light.data[at]);
  const deviation = brighter.length ? 1.48 * median(brighter) : 0;
  const noise = made(grey, (at) => deviation / light.data[at]);
  return { darkness: made(grey, (at) => Math.min(1, Math.max(0, darkness.data[at]))), noise };
}

/** How bright the paper is at each pixel, strokes and filled areas seen as paper, shadows as they are. */
function lightOn(grey, paper) {
  const { width, height } = grey;
  const size = { width: Math.ceil(width / SHADE), height: Math.ceil(height / SHADE) };
  const place = (at, row, column) => {
    const y = Math.min(height - 1, Math.floor(at / size.width) * SHADE + row);
    return y * width + Math.min(width - 1, (at % size.width) * SHADE + column);
  };
  const meanOf = (valueAt) =>
    made(size, (at) => {
      let sum = 0;
      for (let row = 0; row < SHADE; row += 1) for (let column = 0; column < SHADE; column += 1) sum += valueAt(place(at, row, column));
      return sum / SHADE ** 2;
    });
  const levels = meanOf((at) => (paper.data[at] ? grey.data[at] : 0));
  const known = meanOf((at) => paper.data[at]);
  const bare = maskOf(size, (at) => known.data[at] > 0.3);
  const blocks = made(size, (at) => (bare.data[at] ? Math.max(1, levels.data[at] / Math.max(known.data[at], 0.1)) : 0)); // 0: no paper
  const stroke = 2 * halfToEven((STROKE * Math.max(width, height)) / SHADE / 2) + 1;
  const lit = largest(blocks, stroke);
  const closed = smallest(made(size, (at) => (lit.data[at] > 0 ? lit.data[at] : Infinity)), stroke);
  const brightest = largest(blocks, 6 * stroke);
  const around = blurred(made(size, (at) => Math.max(1, brightest.data[at])), 2 * stroke);
  const filled = largest(filledIn(closed, around, bare), 3);
  const unknown = maskOf(size, (at) => filled.data[at] || !bare.data[at]);
  const spread = Math.max(size.width, size.height) / 16;
  const weight = blurred(made(size, (at) => 1 - unknown.data[at], Float64Array), spread);
  const nearby = blurred(made(size, (at) => (unknown.data[at] ? 0 : closed.data[at])), spread);
  const light = made(size, (at) => {
    if (!unknown.data[at]) return closed.data[at];
    return weight.data[at] > 1e-6 ? nearby.data[at] / Math.max(weight.data[at], 1e-6) : around.data[at];
  });
  const smooth = resizedFloats(blurred(light, 1), size.width * SHADE, size.height * SHADE);
  return made(grey, (at) => Math.max(1, smooth.data[Math.floor(at / width) * smooth.width + (at % width)]));
}

/** Which dark areas are ink: the darkest, and those that no shadow can be, as they end within the paper. */
function filledIn(light, around, paper) {
  const share = made(light, (at) => light.data[at] / around.data[at]);
  const filled = maskOf(light, (at) => share.data[at] < SHADOW);
  const inner = smallest(paper, 3, 3, 0);
  for (const shaded of SHADED) {
    const parts = labelled(maskOf(light, (at) => share.data[at] < shaded && paper.data[at]));
    const darkest = largestOf(parts, (at) => -share.data[at]);
    const ends = darkest.map((it) => (-it < FILLED ? 1 : 0));
    for (let at = 0; at < parts.data.length; at += 1) if (paper.data[at] && !inner.data[at]) ends[parts.data[at]] = 0;
    ends[0] = 0;
    for (let at = 0; at < parts.data.length; at += 1) if (ends[parts.data[at]]) filled.data[at] = 1;
  }
  return filled;
}

/** Ink black on white: full strokes with what belongs to them, without dust, creases and the paper's edge. */
export function drawn(darkness, paper, noise) {
  const { width, height } = darkness;
  const longest = Math.max(width, height);
  const ink = darkness.data.filter((dark, at) => dark > Math.max(5 * noise.data[at], FAINTEST));
  const speck = SPECK * longest ** 2;
  if (ink.length <= speck) return made(darkness, () => 255, Uint8Array);
  const darkest = quantile(ink, 0.9);
  const black = BLACK * darkest;
  const white = made(darkness, (at) => Math.min(0.9 * black, Math.max(3 * noise.data[at], WHITE * darkest)));
  const parts = labelled(maskOf(darkness, (at) => darkness.data[at] > white.data[at]), true);
  const inner = smallest(paper, 2 * halfToEven(MARGIN * longest) + 1, undefined, 0);
  const [sizes, inside] = [sumsOf(parts, () => 1), sumsOf(parts, (at) => inner.data[at])];
  const most = largestOf(parts, (at) => darkness.data[at]);
  const kept = sizes.map((size, part) => (part > 0 && size >= speck && most[part] >= CORE * darkest && inside[part] > 0 ? 1 : 0));
  return made(
    darkness,
    (at) => {
      const strength = kept[parts.data[at]] ? (darkness.data[at] - white.data[at]) / (black - white.data[at]) : 0;
      return halfToEven(255 * (1 - Math.min(1, Math.max(0, strength))));
    },
    Uint8Array,
  );
}
