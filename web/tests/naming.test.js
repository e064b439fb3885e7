// Under which names own photos are kept: nothing takes the place of another.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { distinct, isUnchanged, moved, nameFor, placeFor, placedApart } from "../src/own/naming.js";

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

test("a folder is known by most of its photos, unchanged, and another of its name gets a number", () => {
  const photos = known(file("own/a.jpg", 10), file("own/b.jpg", 20), file("own/c.jpg", 30));
  const changed = [file("own/a.jpg", 10), file("own/b.jpg", 20), file("own/c.jpg", 31), file("own/d.jpg", 5)];
  assert.equal(placeFor(photos, changed, "own"), "own");
  const other = [file("own/a.jpg", 10), file("own/deep/b.jpg", 20), file("own/e.jpg", 1)]; // has a copy of one
  assert.equal(placeFor(photos, other, "own"), "own (2)");
  for (const it of moved(other, "own (2)")) photos.set(it.name, it);
  assert.equal(photos.size, 6);
  assert.equal(placeFor(photos, other, "own"), "own (2)"); // found again
  assert.equal(placeFor(photos, [], "own"), "own (3)"); // of which nothing is forgotten
  assert.equal(placeFor(known(), other, "own"), "own");
});

test("half of a folder is not most of it", () => {
  const photos = known(file("2024/a.jpg", 1), file("2024/cover.jpg", 9));
  assert.equal(placeFor(photos, [file("2024/b.jpg", 2), file("2024/cover.jpg", 9)], "2024"), "2024 (2)");
});

test("no folder comes where another one is to be, even if nothing is there yet", () => {
  assert.equal(placeFor(known(), [file("own/a.jpg", 1)], "own", new Set(["own", "own (2)"])), "own (3)");
});

test("files that are moved keep their ways", () => {
  const names = moved([file("own/a.jpg", 1), file("own/own/b.jpg", 1)], "own (2)").map(({ name }) => name);
  assert.deepEqual(names, ["own (2)/a.jpg", "own (2)/own/b.jpg"]);
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

test("numbers go on where they were, and pass over a file that is truly called so", () => {
  const names = distinct(["z/a", "z/a (3)", "z/a", "z/a", "z/a (3)", "z/a", "z/a (2)"].map((name) => file(name, 1)));
  assert.deepEqual(names.map(({ name }) => name), ["z/a", "z/a (3)", "z/a (2)", "z/a (4)", "z/a (3) (2)", "z/a (5)", "z/a (2) (2)"]);
});

test("thousands of one name in a zip take no more steps each than a few", () => {
  const replacing = mock.method(String.prototype, "replace");
  const files = distinct(Array.from({ length: 2_000 }, () => file("z.zip/a.jpg", 1)));
  const steps = replacing.mock.callCount();
  replacing.mock.restore();
  assert.equal(new Set(files.map(({ name }) => name)).size, 2_000);
  assert.ok(steps > 0 && steps <= 2 * 2_000, `${steps} names tried`);
});
