// Why a photo was found: a part of photo or sketch matters as much as their similarity falls when it is covered, as
// explanation.py has it.

import { dot } from "../gallery/gallery.js";
import { halfToEven } from "../pictures/ink.js";
import { BICUBIC, resized } from "../pictures/scaling.js";

const CELLS = 8; // of a heat map along each side
const COVER = 2; // cells along each side of what is covered at once
const [WARM, STRONGEST, SIDE] = [[255, 96, 32], 0.75, 256]; // colour, opacity at most, and pixels of its picture

/**
 * How similar a sketch and a photo are, given as what the encoder sees of them; how much their cells matter, and that as
 * pictures: heat to lay over the `photo`, and the `sketch` itself under its heat. `goesOn()` says whether anybody still wants to know; if not, there is no answer.
 */
export async function explained(encoder, sketch, photo, goesOn) {
  const { sketch_size: sketchSide, photo_size: photoSide } = encoder.about;
  const [drawn, seen] = [await encoder.embedSketch(sketch), await encoder.embedPhoto(photo)];
  const similarity = dot(drawn, 0, seen);
  const falls = async (embed, covered, other) => similarity - dot(await embed(covered), 0, other);
  const ofSketch = await heatOf(sketch, sketchSide, [255], (covered) => falls(encoder.embedSketch, covered, seen), goesOn);
  const ofPhoto = ofSketch && (await heatOf(photo, photoSide, meanOf(photo), (covered) => falls(encoder.embedPhoto, covered, drawn), goesOn));
  if (!ofPhoto) return null;
  return { similarity, ofSketch, ofPhoto, photo: warmth(ofPhoto), sketch: over(sketch, sketchSide, warmth(ofSketch)) };
}

/** How much each cell matters, CELLS squared numbers. */
async function heatOf(pixels, side, cover, fallOf, goesOn) {
  const [heat, count] = [new Float32Array(CELLS * CELLS), new Float32Array(CELLS * CELLS)];
  for (let row = 1 - COVER; row < CELLS; row += 1) {
    for (let column = 1 - COVER; column < CELLS; column += 1) {
      const covered = coveredAt(pixels, side, row, column, cover);
      const fall = covered ? await fallOf(covered) : 0;
      if (!goesOn()) return null;
      for (const cell of cellsUnder(row, column)) {
        heat[cell] += fall;
        count[cell] += 1;
      }
    }
  }
  return heat.map((sum, cell) => sum / count[cell]);
}

function* cellsUnder(row, column) {
  for (let y = Math.max(0, row); y < Math.min(CELLS, row + COVER); y += 1) {
    for (let x = Math.max(0, column); x < Math.min(CELLS, column + COVER); x += 1) yield y * CELLS + x;
  }
}

/** The pixels with a square covered; null if that changes nothing. */
function coveredAt(pixels, side, row, column, cover) {
  const edge = (cell) => halfToEven((Math.min(CELLS, Math.max(0, cell)) * side) / CELLS);
  const covered = pixels.slice();
  let isChanged = false;
  for (let y = edge(row); y < edge(row + COVER); y += 1) {
    for (let x = edge(column); x < edge(column + COVER); x += 1) {
      for (const [channel, level] of cover.entries()) {
        const at = (y * side + x) * cover.length + channel;
        isChanged ||= covered[at] !== level;
        covered[at] = level;
      }
    }
  }
  return isChanged ? covered : null;
}

function meanOf(colours) {
  const sums = [0, 0, 0];
  for (let at = 0; at < colours.length; at += 1) sums[at % 3] += colours[at];
  return sums.map((sum) => Math.trunc((3 * sum) / colours.length));
}

/** Where covering costs most is opaque, where it costs nothing or helps is clear. */
function warmth(heat) {
  const most = Math.max(...heat, 1e-6);
  const levels = Uint8Array.from(heat, (it) => 255 * STRONGEST * Math.min(1, Math.max(0, it / most)));
  const { data } = resized({ width: CELLS, height: CELLS, data: levels }, SIDE, SIDE, BICUBIC);
  const picture = new Uint8ClampedArray(4 * SIDE * SIDE);
  for (const [at, opacity] of data.entries()) picture.set([...WARM, opacity], 4 * at);
  return { width: SIDE, height: SIDE, data: picture };
}

/** A picture of heat over the sketch. */
function over(sketch, side, { data }) {
  const paper = resized({ width: side, height: side, data: sketch }, SIDE, SIDE, BICUBIC).data;
  const picture = new Uint8ClampedArray(data.length);
  for (let at = 0; at < data.length; at += 4) {
    const share = data[at + 3] / 255;
    for (let channel = 0; channel < 3; channel += 1) picture[at + channel] = share * data[at + channel] + (1 - share) * paper[at / 4];
    picture[at + 3] = 255;
  }
  return { width: SIDE, height: SIDE, data: picture };
}
