import assert from "node:assert/strict";
import { test } from "node:test";

import { scoreText } from "../../zsbir/ui/static/score.js";

test("a similarity has two places and no zero below zero", () => {
  const texts = [0.716, "0.5", 1, -0.004, -0.006, 0, -0.5].map(scoreText);
  assert.deepEqual(texts, ["0.72", "0.50", "1.00", "0.00", "-0.01", "0.00", "-0.50"]);
});
