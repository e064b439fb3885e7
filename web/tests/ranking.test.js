import assert from "node:assert/strict";
import { test } from "node:test";

import { calmOrder } from "../src/gallery/calm.js";
import { Gallery } from "../src/gallery/gallery.js";
import { calmNearest, hasNothingLike, moreLike, nearest, refined } from "../src/gallery/retriever.js";
import { isUnlike, unlikeOf } from "../src/gallery/unlike.js";
import { numbersOf } from "./numbers.js";

const { photos, embeddings, dim, known, unlike, asked } = numbersOf("ranking");
const gallery = new Gallery({ name: "", photos, embeddings: Float32Array.from(embeddings), dim, unlike });

/** Whether rows and similarities are those that Python found. */
function assertFound(found, expected) {
  assert.deepEqual(found.map(([row]) => row), expected.map(([row]) => row));
  for (const [at, [, similarity]] of found.entries()) assert.ok(Math.abs(similarity - expected[at][1]) < 2e-5);
}

test("photos are kept calm as Python keeps them", () => {
  for (const { similarities, shown, count, margin, order } of numbersOf("calm")) {
    assert.deepEqual(calmOrder(similarities, shown, count, margin), order);
  }
});

test("the photos found are those that Python finds, with copies and without, of a category and of a licence", () => {
  for (const { query, only, search, follow, shown, margin } of asked) {
    const embedding = Float32Array.from(query);
    assertFound(nearest(gallery, embedding, 7, only), search);
    assertFound(calmNearest(gallery, embedding, shown, 5, only, margin), follow);
  }
});

test("so are photos like a photo, and those for a drawing and a photo together", () => {
  for (const [at, { query, only, more_like: like, refine }] of asked.entries()) {
    assertFound(moreLike(gallery, at * 2, 4, only), like);
    assertFound(refined(gallery, Float32Array.from(query), at, at % 3 ? 0.5 : -0.3, 5, only), refine);
  }
});

test("a drawing that has nothing alike is told by what known sketches get", () => {
  const told = asked.map(({ query, only }) => hasNothingLike(gallery, Float32Array.from(query), only));
  assert.deepEqual(told, asked.map(({ search }) => search[0][3] === 1));
  assert.ok(told.includes(true) && told.includes(false));
});

test("what known sketches get in a gallery is what Python works out", () => {
  const found = unlikeOf({ known: Float32Array.from(known), embeddings: gallery.embeddings, dim });
  for (const kind of ["means", "deviations"]) {
    assert.equal(found[kind].length, gallery.size);
    assert.ok(found[kind].every((value, row) => Math.abs(value - unlike[kind][row]) < 1e-5), kind);
  }
  assert.ok(Math.abs(found.least - unlike.least) < 1e-4);
});

test("one and two photos can be judged, too", () => {
  for (const count of [1, 2]) {
    const few = gallery.embeddings.subarray(0, count * dim);
    const found = unlikeOf({ known: Float32Array.from(known), embeddings: few, dim });
    const alike = new Gallery({ name: "", photos: photos.slice(0, count), embeddings: few, dim }).similarities(few.slice(0, dim));
    assert.equal(isUnlike(alike, found), false); // as alike as can be
    assert.equal(isUnlike(alike.map((it) => -it), found), true);
  }
});

test("a photo is found again where it has moved", () => {
  assert.equal(gallery.rowOf(3, photos[3].digest), 3);
  assert.equal(gallery.rowOf(9, photos[41].digest), 41);
  assert.equal(gallery.rowOf(0, "none"), null);
});
