// Where a sheet of paper lies in a picture, and that sheet alone, as seen from straight above, as sheet.py finds it.

import { fourSided, hullOf, insideOf } from "./corners.js";
import { halfToEven } from "./ink.js";
import { closed, countOf, eroded, holesFilled, labelled, largest, made, maskOf, median, opened, smallest, sumsOf } from "./ndimage.js";
import { greyOf } from "./grey.js";
import { BOX, resized } from "./scaling.js";
import { cropped, nearestSized, sizeFromAbove, warped } from "./warp.js";

const SEARCHED_SIDE = 256; // pixels; a picture is reduced to this before the sheet is looked for
const LEVELS = 20; // of brightness, tried one after the other
const STROKE = 9; // pixels of that; up to so wide a dark line does not cut a sheet in two
const CHALK = 5; // the same; up to so wide a bright line does not count
const NECK = 11; // the same; what hangs on a sheet by less is not of it
const LEAST_AREA = 0.08; // of the picture
const LEAST_BARE = 0.4; // of the sheet, without what is drawn on it
const LEAST_SOLIDITY = 0.93; // area over that of the convex hull
const SECTORS = 48; // of the outline, as seen from the middle
const [NEAR, FAR] = [[1, 5], [6, 12]]; // pixels outside of the outline; around a drawn frame it is dark in the first alone
const TABLE = 0.88; // brightness around a sheet over that of its border: at most this,
const DARK_TABLE = 0.45; // this where the sheet is seen in part,
const BLACK = 16; // added to all channels where colours are compared
const TINT = 0.85; // unless the whiteness around it over that of the sheet is this
const FOUR_SIDED = 0.94; // what a patch and a quadrilateral share, over what they cover together
const RIM = 0.012; // of the longer side, cut from the border of a sheet: its edge, and the shadow there

/** The sheet in a picture of three channels: { page, paper }, grey and a mask; null if none can be told from the rest. */
export function cutSheet(picture, longestSide) {
  const scale = Math.max(1, Math.max(picture.width, picture.height) / SEARCHED_SIDE);
  const size = [picture.width, picture.height].map((side) => Math.max(1, halfToEven(side / scale)));
  const found = find(resized(picture, ...size, BOX));
  if (!found) return null;
  const { patch, corners } = found;
  const page = greyOf(picture);
  const whole = () => nearestSized(patch, page.width, page.height);
  if (!isInView(corners, size)) return { page, paper: withoutRim(whole(), null) };
  const places = corners.map(([x, y]) => [(x * page.width) / size[0], (y * page.height) / size[1]]);
  const [left, top, right, bottom] = boundsOf(corners);
  const upright = [[left, top], [right, top], [right, bottom], [left, bottom]];
  if (corners.every(([x, y], at) => Math.max(Math.abs(x - upright[at][0]), Math.abs(y - upright[at][1])) < 1)) {
    const box = boundsOf(places).map(halfToEven);
    return { page: cropped(page, box), paper: withoutRim(cropped(whole(), box), 0) };
  }
  const [width, height] = sizeFromAbove(places, page, longestSide);
  return { page: warped(page, places, width, height), paper: withoutRim(warped(patch, corners, width, height, true), 0) };
}

/** Where the sheet is: a mask, and its corners clockwise from the top left, which may lie outside of the picture. */
function find(picture) {
  const size = { width: picture.width, height: picture.height };
  const channel = (at, choose) => choose(picture.data[3 * at], picture.data[3 * at + 1], picture.data[3 * at + 2]);
  const least = made(size, (at) => channel(at, Math.min));
  const whiteness = made(size, (at) => (255 * (least.data[at] + BLACK)) / (channel(at, Math.max) + BLACK)); // nearly black has no colour
  let [best, highest] = [null, 0];
  for (const stroke of [STROKE, 1]) { // paper is bright in all colours, with the strokes on it or without
    const bright = closed(least, stroke);
    const withoutLines = opened(bright, CHALK);
    const [lowest, brightest] = [Math.min(...bright.data), Math.max(...bright.data)];
    for (let level = 1; level <= LEVELS; level += 1) {
      const limit = Math.fround(lowest + (level * (brightest - lowest)) / (LEVELS + 1));
      const patch = largestPatch(maskOf(size, (at) => bright.data[at] >= limit));
      const corners = patch && cornersOf(patch);
      if (!corners) continue;
      const worth = (contrast(withoutLines, whiteness, patch) * countOf(patch)) / patch.data.length;
      if (worth > highest) [best, highest] = [{ patch, corners }, worth];
    }
  }
  return best;
}

/** The largest bright patch, with what is drawn on it; null if it is small, or all, or no more than an outline. */
function largestPatch(bright) {
  const whole = holesFilled(bright);
  const [area, least] = [countOf(whole), LEAST_AREA * whole.data.length];
  if (area === whole.data.length || area < least) return null;
  const patches = labelled(opened(whole, NECK));
  const areas = sumsOf(patches, () => 1);
  areas[0] = 0;
  const largestArea = Math.max(...areas);
  const patch = holesFilled(maskOf(whole, (at) => patches.data[at] === areas.indexOf(largestArea)));
  const bare = maskOf(patch, (at) => patch.data[at] && bright.data[at]);
  return largestArea >= least && countOf(bare) >= LEAST_BARE * countOf(patch) ? patch : null;
}

/** How much brighter a patch is than what lies around, 0 to 1, a mean over its outline; 0 if it is no sheet. */
function contrast(paperness, whiteness, patch) {
  const inner = smallest(patch, 2 * NEAR[1] + 1);
  const border = maskOf(patch, (at) => patch.data[at] && !inner.data[at]);
  const [near, far] = [NEAR, FAR].map(([from, to]) => {
    const [grown, less] = [largest(patch, 2 * to + 1), largest(patch, 2 * from + 1)];
    return maskOf(patch, (at) => grown.data[at] && !less.data[at]);
  });
  const sectors = sectorsOf(patch);
  const around = overBorder(near, border, paperness, sectors);
  const beyond = overBorder(far, border, paperness, sectors);
  const seen = [...around.keys()].filter((sector) => !Number.isNaN(around[sector]));
  const highest = seen.map((sector) => (Number.isNaN(beyond[sector]) ? around[sector] : Math.max(around[sector], beyond[sector])));
  if (seen.length / SECTORS < 1 / 12 || highest.filter((it) => it < TABLE).length / seen.length < 0.9) return 0;
  if (seen.length / SECTORS < 0.9 && median(seen.map((sector) => around[sector])) > DARK_TABLE) {
    const of = (part) => median(whiteness.data.filter((_, at) => part.data[at])); // a shadow may look alike, but for its colour
    if (!(of(near) <= TINT * of(border))) return 0;
  }
  return seen.reduce((sum, sector) => sum + Math.max(0, 1 - around[sector]), 0) / SECTORS;
}

/** In which sector each pixel lies, as seen from the middle of a patch. */
function sectorsOf(patch) {
  let [sumX, sumY] = [0, 0];
  const { width } = patch;
  for (let at = 0; at < patch.data.length; at += 1) {
    if (patch.data[at]) [sumX, sumY] = [sumX + (at % width), sumY + Math.floor(at / width)];
  }
  const count = countOf(patch);
  const [middleX, middleY] = [sumX / count, sumY / count];
  const turn = (at) => Math.atan2(Math.floor(at / width) - middleY, (at % width) - middleX) / (2 * Math.PI);
  return made(patch, (at) => Math.floor((turn(at) + 0.5) * SECTORS) % SECTORS, Uint8Array);
}

/** Brightness of a ring in each sector over that of the border; NaN where the picture ends. */
function overBorder(ring, border, brightness, sectors) {
  const means = [ring, border].map((part) => {
    const [count, total] = [new Float64Array(SECTORS), new Float64Array(SECTORS)];
    for (let at = 0; at < part.data.length; at += 1) {
      if (!part.data[at]) continue;
      count[sectors.data[at]] += 1;
      total[sectors.data[at]] += brightness.data[at];
    }
    return { count, mean: total.map((sum, sector) => sum / Math.max(1, count[sector])) };
  });
  const [around, of] = means;
  return Array.from(around.mean, (mean, sector) =>
    around.count[sector] >= 3 && of.count[sector] >= 3 ? mean / Math.max(1, of.mean[sector]) : NaN,
  );
}

/** The corners of the patch, clockwise from the top left; null if it has not four sides, as far as it is seen. */
function cornersOf(patch) {
  const { hull, area } = hullOf(outlineOf(patch));
  if (countOf(patch) < LEAST_SOLIDITY * area) return null;
  const sides = fourSided(hull);
  if (!sides) return null;
  const filled = insideOf(sides, patch.width, patch.height);
  const both = maskOf(patch, (at) => patch.data[at] && filled.data[at]);
  const either = maskOf(patch, (at) => patch.data[at] || filled.data[at]);
  if (countOf(both) < FOUR_SIDED * countOf(either)) return null;
  const sums = sides.map(([x, y]) => x + y);
  const first = sums.indexOf(Math.min(...sums));
  return [...sides.slice(first), ...sides.slice(0, first)];
}

/** The corners of all pixels at its border. */
function outlineOf(patch) {
  const inner = eroded(patch);
  const points = [];
  for (let at = 0; at < patch.data.length; at += 1) {
    if (!patch.data[at] || inner.data[at]) continue;
    const [x, y] = [at % patch.width, Math.floor(at / patch.width)];
    points.push([x, y], [x, y + 1], [x + 1, y], [x + 1, y + 1]);
  }
  return points;
}

/** Whether all four sides are those of the sheet, and none is where the picture ends. */
function isInView(corners, size) {
  return !corners.some((corner, at) => {
    const next = corners[(at + 1) % corners.length];
    return [0, 1].some((axis) => [0, size[axis]].some((edge) => Math.max(Math.abs(corner[axis] - edge), Math.abs(next[axis] - edge)) < 2));
  });
}

function withoutRim(paper, beyond) {
  return smallest(paper, 2 * halfToEven(RIM * Math.max(paper.width, paper.height)) + 1, undefined, beyond);
}

function boundsOf(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
