// From a picture of paper to ink: light and shadow, table, printed lines and a scan's black edge are taken off, as paper.py
// does it. A plain drawing, dark on one light or light on one dark, is given back as it is, to the level.

import { borderOf, greyOf, inverted, levelsOf, medianOfBorder } from "./grey.js";
import { FAINTEST, darknessOf, drawn } from "./lighting.js";
import { holesFilled, labelled, largest, made, maskOf, smallest, sumsOf } from "./ndimage.js";
import { withoutRuling } from "./ruling.js";
import { BOX, reduced, resized } from "./scaling.js";
import { withoutEdges } from "./edges.js";
import { cutSheet } from "./sheet.js";
import { nearestSized } from "./warp.js";
import { halfToEven } from "./ink.js";

const SMALLEST = 64; // pixels; on a smaller page there is no telling paper
export const SIDE = 1000; // pixels; larger photos are reduced to this
const PLAIN = 0.7; // of a plain page is of three levels, give or take one
const EMPTY = 239; // grey level; what is lighter than this on white is no ink
const FULL = 0.95; // of a side of the page is dark where a scan has a black edge
const SHEET = [0.15, 0.995]; // of a page with a sheet on dark ground is bright, and of that on the sheet
const BARE = 0.5; // of a sheet at least is bright; an outline with something in it is less
const BRIGHTER = 64; // grey levels, than the ground around it
const [STROKE, NECK] = [9, 11]; // 256ths of a page: lines on a sheet are up to so wide, and bright lines beside it
const FINEST_RULED = 200; // pixels; on a smaller page printed lines cannot be told from others
const LIGHT_INK = 0.01; // of a page with printed lines, at least, is lighter than the pen,
const [BLOCK, LIGHT_BLOCKS] = [8, 0.03]; // pixels a side; and this share of such blocks has that, and no stroke in or beside it
const [DOT, DOTTED] = [50, 150]; // pixels of a printed dot, at most, and how many there are at least on dotted paper

/** The drawing on a picture of paper, of three channels: dark ink on white, maybe cropped to the sheet and smaller. */
export function inkOnPaper(picture) {
  let page = greyOf(picture);
  if (Math.min(page.width, page.height) < SMALLEST) return page;
  let levels = levelsOf(page);
  const plainly = isPlain(levels);
  if (plainly) { // drawn or scanned without grain: cheap looks come first, as most pages need no more
    const dark = darkSides(levels, borderOf(page));
    if (dark.length) {
      page = withoutEdges(page, dark);
      levels = levelsOf(page);
    }
    if (!mayBeSheet(page, levels)) return withoutLines(page, levels);
  }
  const longest = Math.max(picture.width, picture.height);
  const smaller = longest >= 2 * SIDE ? reduced(picture, Math.floor(longest / SIDE)) : picture;
  const cut = cutSheet(smaller, SIDE);
  if (!cut) return plainly ? page : photographed(greyOf(smaller), null);
  const cleared = made(cut.page, (at) => (cut.paper.data[at] ? cut.page.data[at] : 255), Uint8Array);
  if (plainly && cleared.data.every((level) => level > EMPTY)) return page; // a bright shape, then, on dark paper
  levels = levelsOf(cleared);
  return isPlain(levels) ? withoutLines(cleared, levels) : photographed(cut.page, cut.paper);
}

/** Whether nearly all pixels are of three grey levels, as programs draw; grain and shades spread over many. */
function isPlain(levels) {
  const rest = Float64Array.from({ length: 258 }, (_, at) => levels[at - 1] ?? 0);
  let wanted = PLAIN * levels.reduce((sum, count) => sum + count, 0);
  for (let round = 0; round < 3; round += 1) {
    const peaks = Array.from({ length: 256 }, (_, at) => rest[at] + rest[at + 1] + rest[at + 2]);
    const most = Math.max(...peaks);
    const peak = peaks.indexOf(most);
    wanted -= most;
    if (wanted <= 0) return true;
    rest.fill(0, Math.max(0, peak - 7), peak + 10); // what grain makes of one level counts once
  }
  return false;
}

/** Which sides of a page are dark all along, as numbers of `borderOf`. */
function darkSides(levels, around) {
  const there = [...levels.keys()].filter((level) => levels[level]);
  const middle = Math.floor((there[0] + there.at(-1)) / 2);
  return [...around.keys()].filter((side) => around[side].filter((level) => level < middle).length >= FULL * around[side].length);
}

/** Whether a plain page is dark along its border and bright within, all in one place. */
function mayBeSheet(page, levels) {
  const ground = Math.trunc(medianOfBorder(page));
  const brighter = levels.slice(ground + BRIGHTER).reduce((sum, count) => sum + count, 0);
  if (ground >= 128 || brighter < SHEET[0] * page.width * page.height) return false;
  const small = resized(page, 256, 256, BOX);
  const bright = maskOf(small, (at) => small.data[at] >= ground + BRIGHTER);
  const whole = holesFilled(largest(bright, STROKE));
  const places = labelled(largest(smallest(whole, STROKE + NECK), NECK + 2));
  const onEach = sumsOf(places, (at) => bright.data[at]);
  const sheet = onEach.indexOf(Math.max(...onEach));
  const brightest = bright.data.reduce((sum, it) => sum + it, 0);
  return onEach[sheet] >= SHEET[1] * brightest && onEach[sheet] >= BARE * sumsOf(places, () => 1)[sheet];
}

/** A plain page without printed lines, if it has some. */
function withoutLines(page, levels) {
  if (Math.min(page.width, page.height) < FINEST_RULED || !mayBeRuled(page, levels)) return page;
  const { grey, paper } = atWorkingSize(page, null);
  const { darkness, noise } = darknessOf(grey, paper);
  const faint = faintOn(noise);
  let without = withoutRuling(darkness, paper, faint);
  if (!without) {
    const spots = labelled(maskOf(darkness, (at) => darkness.data[at] > faint.data[at]));
    const dots = sumsOf(spots, () => 1).slice(1).filter((size) => size <= DOT);
    if (dots.length < DOTTED) return page;
    without = darkness;
  }
  return drawn(without, paper, noise);
}

/** Whether something is there that is lighter than the pen, and not but the border of its strokes. */
function mayBeRuled(page, levels) {
  const upTo = [...levels];
  for (let level = 1; level < 256; level += 1) upTo[level] += upTo[level - 1];
  const [paper, ink] = [upTo[255] / 2, 1].map((count) => upTo.findIndex((it) => it >= count)); // of most pixels, and of the darkest
  const [middle, least] = [paper - 0.6 * (paper - ink), paper - 12]; // of ink at least; of paper, with what JPEG does to it
  if (least <= middle || upTo[least] - upTo[halfToEven(middle)] < LIGHT_INK * upTo[255]) return false;
  const size = { width: Math.floor(page.width / BLOCK), height: Math.floor(page.height / BLOCK) };
  const darkest = made(size, (at) => {
    let lowest = 255;
    const start = Math.floor(at / size.width) * BLOCK * page.width + (at % size.width) * BLOCK;
    for (let y = 0; y < BLOCK; y += 1) for (let x = 0; x < BLOCK; x += 1) lowest = Math.min(lowest, page.data[start + y * page.width + x]);
    return lowest;
  });
  const strokes = largest(maskOf(size, (at) => darkest.data[at] <= middle), 3);
  const light = maskOf(size, (at) => darkest.data[at] <= least && !strokes.data[at]);
  return light.data.reduce((sum, it) => sum + it, 0) / light.data.length >= LIGHT_BLOCKS;
}

/** A photographed or scanned page, black on white; where a mask of paper is not set, there is none. */
function photographed(page, known) {
  const upright = !known && medianOfBorder(page) < 128 ? inverted(page) : page; // chalk on a board
  const { grey, paper } = atWorkingSize(upright, known);
  const { darkness, noise } = darknessOf(grey, paper);
  return drawn(withoutRuling(darkness, paper, faintOn(noise)) ?? darkness, paper, noise);
}

const faintOn = (noise) => made(noise, (at) => Math.max(3 * noise.data[at], FAINTEST / 2));

function atWorkingSize(page, paper) {
  const scale = Math.min(1, SIDE / Math.max(page.width, page.height));
  const [width, height] = [page.width, page.height].map((side) => Math.max(1, halfToEven(scale * side)));
  const { data } = resized(page, width, height, BOX);
  const grey = { width, height, data: Float32Array.from(data) };
  return { grey, paper: paper ? nearestSized(paper, width, height) : maskOf(grey, () => 1) };
}
