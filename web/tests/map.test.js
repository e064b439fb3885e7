import assert from "node:assert/strict";
import { test } from "node:test";

import { cellsFor } from "../src/gallery/assignment.js";
import { randomNumbers } from "../src/gallery/random.js";

const DIM = 12;
const umap = await import("umap-js").catch(() => null); // the packages may not be installed
const { mapOf } = umap ? await import("../src/gallery/map.js") : {};
const needsPackages = { skip: umap ? false : "needs the packages of web/" };

function* orders(items, size) {
  if (size === 0) yield [];
  else for (const item of items) for (const rest of orders(items.filter((it) => it !== item), size - 1)) yield [item, ...rest];
}

test("places get cells of their own, as near as trying all ways finds", () => {
  const random = randomNumbers();
  for (let trial = 0; trial < 30; trial += 1) {
    const [columns, rows] = [[3, 2], [4, 2], [1, 5], [1, 1]][trial % 4];
    const count = Math.max(1, columns * rows - (trial % 3));
    const near = trial % 2 ? 0.1 : 4; // crowded, or not
    const places = Array.from({ length: count }, () => [random() * near, random() * near]);
    const costOf = (cells) => cells.reduce((sum, cell, at) => sum + (places[at][0] - (cell % columns)) ** 2 + (places[at][1] - Math.floor(cell / columns)) ** 2, 0);
    const found = cellsFor(places, columns, rows);
    assert.equal(new Set(found).size, count);
    const least = Math.min(...[...orders([...Array(columns * rows).keys()], count)].map(costOf));
    assert.ok(Math.abs(costOf(found) - least) < 1e-4, `trial ${trial}`);
  }
});

/** Rows of unit length around some centres; each says around which. */
function clustered(count, centres) {
  const random = randomNumbers();
  const normal = () => random() + random() + random() - 1.5;
  const around = Array.from({ length: centres }, () => Array.from({ length: DIM }, normal));
  const embeddings = new Float32Array(count * DIM);
  for (let row = 0; row < count; row += 1) {
    const values = around[row % centres].map((value) => value + 0.6 * normal());
    const length = Math.hypot(...values);
    embeddings.set(values.map((value) => value / length), row * DIM);
  }
  return embeddings;
}

const similarity = (embeddings, one, other) => {
  let sum = 0;
  for (let axis = 0; axis < DIM; axis += 1) sum += embeddings[one * DIM + axis] * embeddings[other * DIM + axis];
  return sum;
};

/** The eight of all rows that are nearest to one. */
const eight = (rows, row, distance) => rows.filter((it) => it !== row).sort((one, other) => distance(row, one) - distance(row, other)).slice(0, 8);

test("neighbours on the map are neighbours in the gallery, far more often than by chance", needsPackages, () => {
  const embeddings = clustered(300, 12);
  const map = mapOf({ embeddings, dim: DIM });
  const rows = [...map.photos];
  assert.deepEqual(rows, [...Array(300).keys()]);
  assert.equal(new Set(map.cells).size, 300);
  assert.ok(map.cells.every((cell) => cell >= 0 && cell < map.columns * map.rows));
  assert.deepEqual(map.nearest, map.cells);
  const apart = (one, other) => Math.hypot((map.cells[one] % map.columns) - (map.cells[other] % map.columns), Math.floor(map.cells[one] / map.columns) - Math.floor(map.cells[other] / map.columns));
  const shared = rows.map((row) => {
    const alike = new Set(eight(rows, row, (one, other) => -similarity(embeddings, one, other)));
    return eight(rows, row, apart).filter((other) => alike.has(other)).length / 8;
  });
  const mean = shared.reduce((sum, share) => sum + share) / shared.length;
  assert.ok(mean > 10 * (8 / 299), `${mean} of the neighbours are shared`);
});

test("of many photos a sample is on the map, and the others are where the most similar one of it is", needsPackages, () => {
  const embeddings = clustered(1_700, 40);
  let told = 0;
  const map = mapOf({ embeddings, dim: DIM }, (share) => {
    assert.ok(share >= told && share <= 1);
    told = share;
  });
  assert.equal(map.photos.length, 1_500);
  assert.equal(new Set(map.photos).size, 1_500);
  assert.equal(map.nearest.length, 1_700);
  for (let row = 0; row < 1_700; row += 17) {
    const similarities = map.photos.map((other) => (other === row ? 2 : similarity(embeddings, row, other)));
    assert.equal(map.nearest[row], map.cells[similarities.indexOf(Math.max(...similarities))]);
  }
});

test("the same gallery gives the same map, and a few photos have one too", needsPackages, () => {
  const embeddings = clustered(40, 3);
  assert.deepEqual(mapOf({ embeddings, dim: DIM }), mapOf({ embeddings, dim: DIM }));
  for (const count of [1, 2, 4, 5, 7]) assert.equal(new Set(mapOf({ embeddings: clustered(count, 2), dim: DIM }).cells).size, count);
  assert.equal(new Set(mapOf({ embeddings: new Float32Array(20 * DIM).fill(DIM ** -0.5), dim: DIM }).cells).size, 20); // copies
});
