import assert from "node:assert/strict";
import { test } from "node:test";

import { drawingOf } from "../src/pictures/drawing.js";
import { inkOnGlass, pageWith } from "../src/pictures/opened.js";
import { prepareSketch } from "../src/pictures/preparation.js";
import { differing, numbersOf, unpacked } from "./numbers.js";

/** A picture of four channels, as browsers decode them, of one that has fewer. */
function decoded({ width, height, data }) {
  const channels = data.length / (width * height);
  const result = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let at = 0; at < width * height; at += 1) {
    for (let channel = 0; channel < Math.max(3, channels); channel += 1) {
      result[4 * at + channel] = data[at * channels + Math.min(channel, channels - 1)];
    }
  }
  return { width, height, data: result };
}

test("a picture of a sketch, on paper of any kind, becomes what Python makes of it", () => {
  for (const [at, { page, size, max_slant: most, prepared }] of numbersOf("paper").entries()) {
    const made = prepareSketch(decoded(unpacked(page)), size, most);
    assert.ok(differing(made, unpacked(prepared)) <= 2, `page ${at}`);
  }
});

test("an opened picture is shown and searched for as on the other page, with what was rubbed out and drawn on it", () => {
  const [{ page, glass, canvases }] = numbersOf("opened");
  const shown = inkOnGlass(decoded(unpacked(page)));
  const ink = { data: shown.data.filter((_, at) => at % 4 === 3).map((opacity) => 255 - opacity) };
  assert.equal(differing(ink, unpacked(glass)), 0);
  for (const { canvas, size, max_slant: most, prepared } of canvases) {
    const made = prepareSketch(pageWith(shown, canvas, drawingOf(canvas)), size, most);
    assert.equal(differing(made, unpacked(prepared)), 0);
  }
});

test("a page without ink is refused in a sentence", () => {
  const white = { width: 90, height: 70, data: new Uint8ClampedArray(4 * 90 * 70).fill(255) };
  assert.throws(() => prepareSketch(white, 64), /Expected a sketch with some lines on it, found nothing on 90 x 70 pixels/);
});
