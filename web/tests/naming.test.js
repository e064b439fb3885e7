// Under which names own photos are kept: nothing takes the place of another.

import assert from "node:assert/strict";
import { test } from "node:test";

import { distinct, isUnchanged, nameFor, placed, placedApart } from "../src/own/naming.js";

const known = (...photos) => new Map(photos.map((photo) => [photo.name, photo]));
const file = (name, size, modified = 1) => ({ name, size, modified });

test("a file alone keeps its name, unless another one has it", () => {
  const photos = known({ name: "a.jpg", digest: "x" }, { name: "a (2).jpg", digest: "y" }, { name: "b", digest: "x" });
  assert.equal(nameFor(photos, "new.jpg", "z"), "new.jpg");
  assert.equal(nameFor(photos, "a.jpg", "x"), "a.jpg");
  assert.equal(nameFor(photos, "a.jpg", "y"), "a (2).jpg");
  assert.equal(nameFor(photos, "a.jpg", "z"), "a (3).jpg");
  assert.equal(nameFor(photos, "b", "z"), "b (2)");
});

test("a file in a folder is the one that was there, whatever is in it now", () => {
  assert.equal(nameFor(known({ name: "own/a.jpg", digest: "x" }), "own/a.jpg", "z"), "own/a.jpg");
});

test("a folder is known by a file that has not changed, and another of its name gets a number", () => {
  const photos = known(file("own/a.jpg", 10), file("own/b.jpg", 20));
  const changed = [file("own/a.jpg", 10), file("own/b.jpg", 21), file("own/c.jpg", 5)];
  assert.deepEqual(placed(photos, changed, "own"), { place: "own", files: changed });
  const other = [file("own/a.jpg", 11), file("own/deep/b.jpg", 20)];
  const { place, files } = placed(photos, other, "own");
  assert.equal(place, "own (2)");
  assert.deepEqual(files.map(({ name }) => name), ["own (2)/a.jpg", "own (2)/deep/b.jpg"]);
  for (const it of files) photos.set(it.name, it);
  assert.equal(placed(photos, other, "own").place, "own (2)"); // found again
  assert.equal(placed(photos, [], "own").place, "own (3)"); // of which nothing is forgotten
  assert.equal(placed(known(), other, "own").place, "own");
});

test("a file is unchanged if size and date are", () => {
  const photos = known(file("a", 1, 2));
  assert.ok(isUnchanged(photos, file("a", 1, 2)));
  for (const other of [file("a", 1, 3), file("a", 2, 2), file("b", 1, 2)]) assert.ok(!isUnchanged(photos, other));
});

test("of two zips or folders that are called alike neither takes the other's place", () => {
  const photos = known(file("all.zip/a.jpg", 1), file("own/a.jpg", 2));
  const names = placedApart(photos, [file("a.jpg", 9), file("all.zip/a.jpg", 3), file("own/a.jpg", 2), file("own/b.jpg", 5)]);
  assert.deepEqual(names.map(({ name }) => name), ["a.jpg", "all.zip (2)/a.jpg", "own/a.jpg", "own/b.jpg"]);
});

test("of two files that are called alike in one zip neither is lost", () => {
  const names = distinct(["z.zip/a.jpg", "z.zip/a.jpg", "z.zip/a (2).jpg", "b.jpg", "b.jpg"].map((name) => file(name, 1)));
  assert.deepEqual(names.map(({ name }) => name), ["z.zip/a.jpg", "z.zip/a (2).jpg", "z.zip/a (2) (2).jpg", "b.jpg", "b.jpg"]);
});
