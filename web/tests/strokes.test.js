// What the eraser leaves of strokes: zsbir/ui/static/strokes.js.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RUBBER, rubbed } from "../../zsbir/ui/static/strokes.js";

const WIDTH = 16;
const REACH = RUBBER + WIDTH / 2;
const CLOSE = 6; // units: the eraser looks every five, and points lie on whole ones

/** Numbers from 0 to 1, the same in every run. */
function chances(seed) {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

/** One stroke across the page, back and forth. */
const scribble = (count) => [
  {
    width: WIDTH,
    points: Array.from({ length: count }, (_, at) => [Math.round(500 + 400 * Math.sin(1.7 * at)), Math.round(400 + 320 * Math.cos(2.3 * at))]),
  },
];

/** What is left when the eraser goes along a line in so many moves. */
function wiped(strokes, [x1, y1], [x2, y2], moves = 60) {
  const at = (move) => [Math.round(x1 + ((x2 - x1) * move) / moves), Math.round(y1 + ((y2 - y1) * move) / moves)];
  return Array.from({ length: moves }).reduce((left, _, move) => rubbed(left, at(move), at(move + 1)), strokes);
}

const distance = ([x, y], [[x1, y1], [x2, y2]]) => {
  const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const share = length && Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length));
  return Math.hypot(x - x1 - share * (x2 - x1), y - y1 - share * (y2 - y1));
};
const linesOf = (strokes) => strokes.flatMap(({ points }) => points.slice(1).map((point, at) => [points[at], point]));
const alongside = (lines) =>
  lines.flatMap(([[x1, y1], [x2, y2]]) => Array.from({ length: 101 }, (_, at) => [x1 + ((x2 - x1) * at) / 100, y1 + ((y2 - y1) * at) / 100]));
const nearest = (point, lines) => Math.min(...lines.map((line) => distance(point, line)));
const pointsOf = (strokes) => strokes.reduce((sum, { points }) => sum + points.length, 0);

test("what the eraser passed is gone, and all else is where it was", () => {
  const chance = chances(7);
  const somewhere = () => [Math.round(1000 * chance()), Math.round(800 * chance())];
  for (let round = 0; round < 12; round += 1) {
    const drawn = [0, 1].map(() => ({ width: WIDTH, points: Array.from({ length: 6 }, somewhere) }));
    const ways = Array.from({ length: 4 }, () => [somewhere(), somewhere()]);
    const left = linesOf(ways.reduce((strokes, [from, to]) => rubbed(strokes, from, to), drawn));
    for (const place of alongside(linesOf(drawn))) {
      if (nearest(place, ways) > REACH + CLOSE) assert.ok(nearest(place, left) < 1, `${place} is left`);
    }
    for (const place of alongside(left)) {
      assert.ok(nearest(place, ways) > REACH - 1, `${place} was passed`);
      assert.ok(nearest(place, linesOf(drawn)) < 1, `${place} was drawn`);
    }
  }
});

test("strokes that are not touched stay the same", () => {
  const drawn = scribble(3);
  assert.equal(rubbed(drawn, [0, 0], [10, 10]), drawn);
});

test("rubbing adds two points to a piece at most", () => {
  for (const count of [100, 300, 700]) {
    let left = scribble(count);
    for (const down of [150, 300, 450, 600]) {
      left = wiped(left, [100, down], [900, down + 60]);
      assert.ok(pointsOf(left) <= count + 2 * left.length, `${pointsOf(left)} points in ${left.length} pieces of ${count}`);
    }
  }
});

test("a line that is rubbed away bit by bit stays where it was", () => {
  const [start, end] = [[41, 97], [953, 678]];
  const left = wiped([{ width: WIDTH, points: [start, end] }], end, [140, 160], 300);
  assert.equal(left.length, 1);
  for (const point of left[0].points) assert.ok(distance(point, [start, end]) < 1, `${point} is beside the line`);
});

test("the pressure of a piece is that of the line where it was cut", () => {
  const [piece] = rubbed([{ width: WIDTH, points: [[0, 400, 0], [1000, 400, 1]] }], [500, 300], [500, 500]);
  const [x, , pressure] = piece.points.at(-1);
  assert.equal(piece.points.length, 2);
  assert.ok(Math.abs(pressure - x / 1000) < 0.01);
});
