// Printed lines of lined and squared paper, taken off a page without the strokes that cross them, as ruling.py does it.

import { halfToEven } from "./ink.js";
import { largest, made, maskOf, median, movingMedians, opened, quantile, rowMeans, transposed } from "./ndimage.js";

const THICKEST = 7; // pixels of a page of about 1,000; printed lines are thinner
const STEEPEST = 0.35; // rows a column
const COVERED = 0.8; // of a line that is printed
const ENDS = [0.06, 0.2]; // of its length, from either end; it is seen there too
const FEWEST = 4; // lines
const LIGHT = 0.75; // times as dark as ink, at most; or there are
const MANY = 11; // lines
const DARKEST = 0.5; // of any printed line
const UNEVEN = 0.2; // of the distance between two lines, at most, for most of them
const CLOSEST = 8; // pixels between two lines
const SWAY = 5; // pixels by which a line leaves the straight one
const REACH = 4; // pixels from the middle of a line to the paper beside it
const CROSSED = 1.8; // times as dark as the line: a stroke crosses it

/** The page without printed lines that run across it or down; null if none are. `faint`: what is lighter is no line. */
export function withoutRuling(page, paper, faint) {
  const ink = page.data.filter((dark, at) => dark > faint.data[at]);
  if (!ink.length) return null;
  const darkest = quantile(ink, 0.9);
  const sides = [[page, paper, faint], [page, paper, faint].map(transposed)];
  const found = sides.map((side) => printedOn(...side));
  const families = found.map(({ lines, levels }) => isRuling(lines, levels, darkest));
  if (!families.includes(true)) return null;
  const light = Math.max(...found.filter((_, at) => families[at]).map(({ levels }) => median(levels)));
  let cleared = { ...page, data: page.data.slice() };
  for (const [at, { lines, levels }] of found.entries()) {
    for (const [line, level] of levels.entries()) {
      if (level <= CROSSED * light) erase(cleared, lines[line], level, sides[at][2]); // so that what is drawn along one stays
    }
    cleared = transposed(cleared);
  }
  return cleared;
}

/**
 * Sums over all straight lines through a picture from its first to its last column (Brady, 1998): those through it are
 * made of those through its halves. Its width is a power of two; in row width − 1 + s, at y, is the line from row y at the
 * first column to row y + s at the last.
 */
export function lineSums({ width, height, data }) {
  const sums = { width: height, height: 2 * width - 1, data: new Float32Array((2 * width - 1) * height) };
  for (const isUpright of [true, false]) {
    const long = height + width;
    let strips = Array.from({ length: width }, (_, x) => {
      const strip = new Float32Array(long);
      for (let y = 0; y < height; y += 1) strip[y] = data[(isUpright ? y : height - 1 - y) * width + x];
      return [strip];
    });
    while (strips.length > 1) strips = Array.from({ length: strips.length / 2 }, (_, at) => joined(strips[2 * at], strips[2 * at + 1]));
    for (const [slope, line] of strips[0].entries()) {
      for (let y = 0; y < height; y += 1) {
        const row = width - 1 + (isUpright ? slope : -slope);
        sums.data[row * height + (isUpright ? y : height - 1 - y)] = line[y];
      }
    }
  }
  return sums;
}

/** Two neighbouring strips, each a list of lines by their slopes, as one with twice as many. */
function joined(left, right) {
  return Array.from({ length: 2 * left.length }, (_, slope) => {
    const lower = (slope + 1) >> 1;
    const sum = left[slope >> 1].slice();
    const other = right[slope >> 1];
    for (let y = 0; y + lower < sum.length; y += 1) sum[y] += other[y + lower];
    return sum;
  });
}

/** Straight thin lines from end to end, from top to bottom, none crossing another, and how dark each is. */
function printedOn(page, paper, faint) {
  const thick = opened(page, 1, THICKEST);
  const hidden = largest(maskOf(page, (at) => thick.data[at] > Math.max(faint.data[at], DARKEST)), THICKEST); // nothing is seen there
  const seen = maskOf(page, (at) => paper.data[at] && !hidden.data[at]);
  const thin = maskOf(page, (at) => page.data[at] - thick.data[at] > faint.data[at] && seen.data[at]);
  const columns = page.width > 512 ? 512 : 256;
  const step = Math.ceil(page.width / columns);
  const above = halfToEven(STEEPEST * columns); // so that lines that begin above the page are seen
  const linesThere = pooled(largest(thin, 1, 2 * step + 1), step, columns, above);
  const paperThere = pooled(seen, step, columns, above);
  const covered = coverage(linesThere, paperThere, above, (0.4 * page.width) / step);
  const lines = [];
  for (const [slope, row] of peaksOf(covered)) {
    const [left, right] = [row, row + slope - above];
    const apart = lines.map(([otherLeft, otherRight]) => [left - otherLeft, right - otherRight]);
    const isApart = apart.every(([one, two]) => one * two > 0 && Math.min(Math.abs(one), Math.abs(two)) * step >= CLOSEST / 2);
    if (isApart && hasEnds(linesThere, paperThere, left, right)) lines.push([left, right]);
  }
  const last = (page.width / step - 1) / (columns - 1); // the picture was made wider, to a power of two
  const ends = lines.map(([left, right]) => [left, left + (right - left) * last]);
  ends.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  const onPage = ends.map((line) => line.map((end) => (end - above + 0.5) * step));
  return { lines: onPage, levels: onPage.map((line) => levelOf(page, line)) };
}

/** Which share of each line is printed, where there is enough paper; only slopes that are not too steep. */
function coverage(lines, paper, above, least) {
  const columns = paper.width;
  const both = made(paper, (at) => lines.data[at] * paper.data[at]);
  const [length, printed] = [lineSums(paper), lineSums(both)];
  const first = columns - 1 - above;
  const size = { width: length.width, height: 2 * above + 1 };
  return made(size, (at) => {
    const place = first * size.width + at;
    return length.data[place] < least ? 0 : printed.data[place] / Math.max(1, length.data[place]);
  });
}

/** Where coverage is highest, [slope, row], the best first. */
function peaksOf(covered) {
  const highest = largest(covered, 5);
  const peaks = [];
  for (let at = 0; at < covered.data.length; at += 1) {
    if (covered.data[at] >= Math.fround(COVERED) && covered.data[at] === highest.data[at]) peaks.push(at);
  }
  peaks.sort((one, other) => covered.data[other] - covered.data[one] || one - other);
  return peaks.map((at) => [Math.floor(at / covered.width), at % covered.width]);
}

/** Whether any pixel is set in blocks of `step` pixels, with room above, below and to the right. */
function pooled(mask, step, columns, above) {
  const rows = Math.ceil(mask.height / step);
  const blocks = { width: columns, height: rows + 2 * above, data: new Float32Array(columns * (rows + 2 * above)) };
  for (let y = 0; y < mask.height; y += 1) {
    for (let x = 0; x < mask.width; x += 1) {
      if (mask.data[y * mask.width + x]) blocks.data[(Math.floor(y / step) + above) * columns + Math.floor(x / step)] = 1;
    }
  }
  return blocks;
}

function hasEnds(lines, paper, left, right) {
  const seen = [];
  for (let column = 0; column < lines.width; column += 1) {
    const row = halfToEven(left + ((right - left) * column) / (lines.width - 1));
    if (row < 0 || row >= lines.height || !paper.data[row * paper.width + column]) continue;
    seen.push(lines.data[row * lines.width + column]);
  }
  const [first, last] = ENDS.map((share) => halfToEven(share * seen.length));
  const mean = (values) => values.reduce((sum, it) => sum + it, 0) / values.length;
  return Math.min(mean(seen.slice(first, last)), mean(seen.reverse().slice(first, last))) >= 0.6;
}

function isRuling(lines, levels, darkest) {
  if (lines.length < FEWEST || median(levels) > Math.min(DARKEST, lines.length < MANY ? LIGHT * darkest : 1)) return false;
  const middles = lines.map(([left, right]) => (left + right) / 2).sort((one, other) => one - other);
  const gaps = middles.slice(1).map((middle, at) => middle - middles[at]);
  const usual = movingMedians(gaps, 5); // further lines are nearer to each other in a photo
  const even = gaps.filter((gap, at) => Math.abs(gap / usual[at] - halfToEven(gap / usual[at])) < UNEVEN); // some may be missing
  return median(gaps) >= CLOSEST && even.length / gaps.length >= 0.7;
}

/** Rows of the line at all columns, and what is on the page around it: 2 SWAY + 1 rows. */
function bandOf(page, [start, end]) {
  const { width, height } = page;
  const rows = Array.from({ length: width }, (_, x) => halfToEven(width > 1 ? start + ((end - start) * x) / (width - 1) : start));
  const size = { width, height: 2 * SWAY + 1 };
  const band = made(size, (at) => {
    const x = at % width;
    return page.data[Math.min(height - 1, Math.max(0, rows[x] + Math.floor(at / width) - SWAY)) * width + x];
  });
  return { rows, band };
}

/** For each column, what `better` likes best of it, and in which row that is. */
function bestOf({ width, height, data }) {
  const [best, row] = [new Float32Array(width).fill(-Infinity), new Int32Array(width)];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) if (data[y * width + x] > best[x]) [best[x], row[x]] = [data[y * width + x], y];
  }
  return { best, row };
}

/** How dark a line is where nothing crosses it. */
function levelOf(page, line) {
  const along = bestOf(bandOf(page, line).band).best.filter((dark) => dark > 0);
  return along.length ? median(along) : 0;
}

/** Gives a line the darkness beside it, on both sides of it, so that strokes across it stay whole. */
function erase(page, line, level, faint) {
  const { width, height, data } = page;
  const { rows, band } = bandOf(page, line);
  const smooth = bestOf(rowMeans(made(band, (at) => Math.min(band.data[at], 1.5 * level)), 81));
  const sway = movingMedians(Array.from(smooth.row, (row) => row - SWAY), 81);
  const inside = (row) => Math.min(height - 1, Math.max(0, row));
  for (let x = 0; x < width; x += 1) {
    const limit = CROSSED * Math.min(level, smooth.best[x]) + faint.data[inside(rows[x]) * width + x];
    const middle = rows[x] + sway[x];
    const [above, below] = [-1, 1].map((side) =>
      Math.min(data[inside(middle + side * REACH) * width + x], data[inside(middle + side * (REACH + 1)) * width + x]),
    );
    for (let offset = 1 - REACH; offset < REACH; offset += 1) {
      const row = middle + offset;
      if (row < 0 || row >= height) continue;
      const share = (offset + REACH) / (2 * REACH);
      const here = data[row * width + x];
      if (here <= limit) data[row * width + x] = Math.min(here, (1 - share) * above + share * below);
    }
  }
}
