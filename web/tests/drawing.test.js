import assert from "node:assert/strict";
import { test } from "node:test";

import { drawingOf, isBlank, rasterise } from "../src/pictures/drawing.js";
import { uprightDrawing } from "../src/pictures/slant.js";
import { differing, numbersOf, unpacked } from "./numbers.js";

test("a drawing becomes the sketch that Python makes of it, to the pixel", () => {
  for (const [at, { canvas, size, max_slant: most, sketch }] of numbersOf("drawings").entries()) {
    const made = rasterise(uprightDrawing(drawingOf(canvas), most), size);
    const expected = unpacked(sketch);
    assert.deepEqual([made.width, made.height], [expected.width, expected.height]);
    assert.equal(differing(made, expected), 0, `drawing ${at}`);
  }
});

test("a page without strokes, or with a single dot, is blank", () => {
  const canvas = (strokes) => drawingOf({ width: 1000, height: 800, strokes });
  assert.ok(isBlank(canvas([])));
  assert.ok(isBlank(canvas([{ width: 16, points: [[5, 5], [5, 5]] }])));
  assert.ok(!isBlank(canvas([{ width: 16, points: [[5, 5], [5, 6]] }])));
});
