// One search at a time, and a rest between two: zsbir/ui/static/search.js.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { answerWith, hurry, want } from "../../zsbir/ui/static/search.js";

const settled = () => new Promise(setImmediate);

test("an answer may ask for a rest, which ends when the pen is lifted", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const asked = [];
  answerWith(async ({ count }) => (asked.push(count), { rest: 10_000 }), () => {});
  want({ count: 1 });
  await settled();
  want({ count: 2 });
  mock.timers.tick(9_000);
  await settled();
  assert.deepEqual(asked, [1]);
  mock.timers.tick(1_001);
  await settled();
  assert.deepEqual(asked, [1, 2]);
  want({ count: 3 });
  want({ count: 4 });
  await settled();
  assert.deepEqual(asked, [1, 2]);
  hurry();
  await settled();
  assert.deepEqual(asked, [1, 2, 4]);
  mock.timers.reset();
});
