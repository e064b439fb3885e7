import assert from "node:assert/strict";
import { test } from "node:test";

import { explained } from "../src/engine/explanation.js";
import { preparePhoto } from "../src/pictures/photo.js";
import { differing, numbersOf, unpacked } from "./numbers.js";

test("a photo becomes what Python makes of it for the encoder, to the level", () => {
  for (const [at, { photo, size, prepared }] of numbersOf("photos").entries()) {
    const made = preparePhoto(unpacked(photo), size);
    assert.equal(made.data.length, size * size * 3);
    assert.equal(differing(made, unpacked(prepared)), 0, `photo ${at}`);
  }
});

/** Embeds as `_Blocks` of tests/web/numbers.py. */
function darkness(pixels) {
  const channels = pixels.length / 256;
  const blocks = new Float32Array(16).fill(256);
  for (let at = 0; at < pixels.length; at += 1) {
    const [row, column] = [Math.floor(at / (16 * channels)), Math.floor(at / channels) % 16];
    blocks[4 * (row >> 2) + (column >> 2)] -= pixels[at] / (16 * channels);
  }
  const length = Math.hypot(...blocks);
  return blocks.map((value) => value / length);
}

test("each part of photo and sketch matters as much as Python finds", async () => {
  const expected = numbersOf("explanation");
  const about = { sketch_size: 16, photo_size: 16 };
  const encoder = { about, embedSketch: async (pixels) => darkness(pixels), embedPhoto: async (pixels) => darkness(pixels) };
  const found = await explained(encoder, unpacked(expected.sketch).data, unpacked(expected.photo).data, () => true);
  assert.ok(Math.abs(found.similarity - expected.similarity) < 1e-5);
  for (const side of ["ofSketch", "ofPhoto"]) {
    assert.ok(found[side].every((heat, cell) => Math.abs(heat - expected[side][cell]) < 1e-5), side);
  }
  assert.equal(await explained(encoder, unpacked(expected.sketch).data, unpacked(expected.photo).data, () => false), null);
});
