// From any picture of a sketch to what the encoder sees of it, as preparation.py and slant.py make it. Pictures come from
// the browser, with four channels.

import { medianOfBorder, greyOf, inverted } from "./grey.js";
import { MARGIN } from "./drawing.js";
import { halfToEven, plain } from "./ink.js";
import { largest, made, smallest } from "./ndimage.js";
import { inkOnPaper } from "./paper.js";
import { onPaper } from "./photo.js";
import { BICUBIC, BOX, halved, resized } from "./scaling.js";
import { correction, slantOf } from "./slant.js";
import { softened } from "./softening.js";
import { cropped, turnedPicture } from "./warp.js";

const INK = 200; // darker than this is ink when the drawn part of a sketch is looked for
const THIN_LINE = 2.1; // pixels; thinner lines are thickened before a large sketch is halved
const MEASURED_SIDE = 160; // pixels; a page is reduced to this before its slant is measured
const BLUR = 1.5; // pixels of that page

/**
 * A sketch of four channels, or a grey one, cropped to its ink and centred on a square; set upright first, if `most`
 * degrees of slant are given.
 */
export function prepareSketch(sketch, size, most = 0) {
  const page = stretched(inkOnPaper(sketch.data.length === sketch.width * sketch.height ? coloured(sketch) : onItsPaper(sketch)));
  if (!most) return fitInk(page, size);
  const ink = cropped(page, inkBox(page));
  return fitInk(turnedPicture(ink, correction(slantOfPicture(ink), most)), size);
}

/** A grey picture as one of three channels. */
function coloured({ width, height, data }) {
  const colours = new Uint8Array(3 * data.length);
  for (let at = 0; at < data.length; at += 1) colours[3 * at] = colours[3 * at + 1] = colours[3 * at + 2] = data[at];
  return { width, height, data: colours, channels: 3 };
}

/** A sketch on white paper; one in white ink on nothing, as drawing programs save it in a dark theme, on black. */
function onItsPaper(sketch) {
  const page = onPaper(sketch);
  const isTransparent = sketch.data.some((level, at) => at % 4 === 3 && level < 255);
  const darkest = extremesOf(greyOf(page)).lowest;
  if (!isTransparent || darkest < INK) return page;
  const onBlack = onPaper(sketch, 0);
  return extremesOf(greyOf(onBlack)).highest > 255 - darkest ? onBlack : page;
}

function extremesOf({ data }) {
  let [lowest, highest] = [255, 0];
  for (const level of data) {
    if (level < lowest) lowest = level;
    if (level > highest) highest = level;
  }
  return { lowest, highest };
}

/** Left, top, right and bottom of the ink on a clean page. */
function inkBox({ width, height, data }) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (data[y * width + x] >= INK) continue;
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
    }
  }
  if (Math.max(right - left, bottom - top) >= 2) return [left, top, right, bottom];
  const found = right > left ? "a single dot" : "nothing";
  throw new Error(`Expected a sketch with some lines on it, found ${found} on ${width} x ${height} pixels; draw a little more.`);
}

/** The ink of a clean page, centred on a square of this side up to a margin. */
function fitInk(page, size) {
  const ink = fitted(cropped(page, inkBox(page)), halfToEven(size * (1 - 2 * MARGIN)));
  const prepared = plain(size, size, 255);
  const [left, top] = [Math.floor((size - ink.width) / 2), Math.floor((size - ink.height) / 2)];
  for (let row = 0; row < ink.height; row += 1) {
    prepared.data.set(ink.data.subarray(row * ink.width, (row + 1) * ink.width), (top + row) * size + left);
  }
  return prepared;
}

/** Scales to this longer side; thin lines are thickened on the way down, where they would fade away. */
function fitted(ink, side) {
  while (Math.max(ink.width, ink.height) >= 2 * side) ink = halved(lineWidth(ink) < THIN_LINE ? thickened(ink) : ink);
  const scale = side / Math.max(ink.width, ink.height);
  const sizes = [ink.width, ink.height].map((it) => Math.max(1, halfToEven(it * scale)));
  return resized(ink, ...sizes, scale > 1 ? BICUBIC : BOX);
}

/** Each pixel as dark as the darkest beside it. */
const thickened = (ink) => smallest(ink, 3);

/** Mean width of the lines in pixels, at least two. */
function lineWidth(ink) {
  const solid = made(ink, (at) => (ink.data[at] < INK ? 0 : 255), Uint8Array);
  const count = ({ data }) => data.reduce((sum, level) => sum + (level === 0), 0);
  const area = count(solid);
  return (2 * area) / Math.max(1, area - count(largest(solid, 3)));
}

/** Paper to white and the darkest ink to black; dark paper, seen at the border, is inverted first. */
function stretched(page) {
  const level = medianOfBorder(page);
  const { lowest, highest } = extremesOf(page);
  if (lowest === 0 && level === 255) return page;
  const isDark = level < 128;
  const [paper, ink] = (isDark ? [255 - level, 255 - highest] : [level, lowest]).map(Math.trunc);
  if (paper - ink < 16) return plain(page.width, page.height, 255); // plain paper: only its noise would be amplified
  const { data } = isDark ? inverted(page) : page;
  return made(page, (at) => Math.min(255, Math.max(0, (data[at] - ink) * (255 / (paper - ink)))), Uint8Array);
}

/** Degrees by which the lines on a clean page are slanted: where levels change is across them. */
function slantOfPicture(page) {
  const scale = Math.min(1, MEASURED_SIDE / Math.max(page.width, page.height));
  const sizes = [page.width, page.height].map((side) => Math.max(1, halfToEven(scale * side)));
  const smooth = softened(framed(resized(page, ...sizes, BOX), halfToEven(4 * BLUR)), BLUR);
  const { width, height, data } = smooth;
  const change = (at, place, count, step) => {
    if (place === 0) return data[at + step] - data[at];
    if (place === count - 1) return data[at] - data[at - step];
    return (data[at + step] - data[at - step]) / 2;
  };
  const places = [...data.keys()];
  return slantOf(
    places.map((at) => change(at, at % width, width, 1)),
    places.map((at) => change(at, Math.floor(at / width), height, width)),
  );
}

function framed({ width, height, data }, margin) {
  const page = plain(width + 2 * margin, height + 2 * margin, 255);
  for (let row = 0; row < height; row += 1) {
    page.data.set(data.subarray(row * width, (row + 1) * width), (row + margin) * page.width + margin);
  }
  return page;
}
