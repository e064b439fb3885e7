// Black bands along the sides of a plain page, as scanners make them, taken off; paper.py says which stay.

import { labelled, made, maskOf, median } from "./ndimage.js";
import { halfToEven } from "./ink.js";
import { reduced } from "./scaling.js";

const SIDE = 1000; // pixels; larger pages are reduced to this
const DEEPEST = 0.25; // of the longer side, at most
const DRAWN = 0.04; // of the longer side; up to this a dark border may be drawn
const MARGIN = 2; // pixels of white around a drawn border

/** A plain page without them; `full` are the sides that are dark, as numbers of `borderOf`. */
export function withoutEdges(whole, full) {
  const longer = Math.max(whole.width, whole.height);
  const page = longer >= 2 * SIDE ? reduced(whole, Math.floor(longer / SIDE)) : whole;
  const longest = Math.max(page.width, page.height);
  const [lowest, highest] = page.data.reduce(([low, high], level) => [Math.min(low, level), Math.max(high, level)], [255, 0]);
  const middle = Math.floor((lowest + highest) / 2);
  const dark = maskOf(page, (at) => page.data[at] < middle);
  if (dark.data.reduce((sum, it) => sum + it, 0) > 0.5 * dark.data.length) return whole; // the negative of a drawing
  const parts = labelled(dark, true);
  const along = new Set(full.flatMap((side) => [...rowFrom(parts, side, 0)]).filter((part) => part > 0));
  const band = maskOf(page, (at) => along.has(parts.data[at]));
  const depths = full.map((side) => median(depthsFrom(band, side)));
  const beyond = { ...band, data: band.data.slice() };
  for (const [at, side] of full.entries()) clearFrom(beyond, side, halfToEven(1.5 * depths[at] + 0.02 * longest)); // a scanner's edge is ragged
  const isAlone = !dark.data.some((it, at) => it && !band.data[at]);
  const deepest = Math.max(...depths);
  const isFramed = full.length === 4 && deepest <= 1.3 * Math.min(...depths); // a scanner's edges are seldom of one width
  const hangsOn = beyond.data.includes(1);
  if (!(hangsOn || isAlone || isFramed) && deepest <= DEEPEST * longest) {
    return made(page, (at) => (band.data[at] ? highest : page.data[at]), Uint8Array);
  }
  return full.length > 2 && deepest <= DRAWN * longest ? expanded(page, highest) : whole;
}

/** The place of the pixel that lies `depth` from a side, `along` it. */
function placeFrom({ width, height }, side, depth, along) {
  const [x, y] = [[along, depth], [along, height - 1 - depth], [depth, along], [width - 1 - depth, along]][side];
  return y * width + x;
}

const lengthOf = ({ width, height }, side) => (side < 2 ? width : height);
const reachOf = ({ width, height }, side) => (side < 2 ? height : width);

function rowFrom(picture, side, depth) {
  return Array.from({ length: lengthOf(picture, side) }, (_, along) => picture.data[placeFrom(picture, side, depth, along)]);
}

/** How far a mask reaches from a side, at each place along it; 0 where it is set all the way. */
function depthsFrom(mask, side) {
  return Array.from({ length: lengthOf(mask, side) }, (_, along) => {
    for (let depth = 0; depth < reachOf(mask, side); depth += 1) if (!mask.data[placeFrom(mask, side, depth, along)]) return depth;
    return 0;
  });
}

function clearFrom(mask, side, rows) {
  for (let depth = 0; depth < Math.min(rows, reachOf(mask, side)); depth += 1) {
    for (let along = 0; along < lengthOf(mask, side); along += 1) mask.data[placeFrom(mask, side, depth, along)] = 0;
  }
}

function expanded({ width, height, data }, level) {
  const size = { width: width + 2 * MARGIN, height: height + 2 * MARGIN };
  return made(
    size,
    (at) => {
      const [x, y] = [(at % size.width) - MARGIN, Math.floor(at / size.width) - MARGIN];
      return x >= 0 && x < width && y >= 0 && y < height ? data[y * width + x] : level;
    },
    Uint8Array,
  );
}
