// What this project made of photos is no photo.

import assert from "node:assert/strict";
import { test } from "node:test";

import { originals } from "../src/own/originals.js";
import { numbersOf } from "./numbers.js";

const COPY = `${"0123456789abcdef".repeat(2)}.jpg`;

function left(...names) {
  const skipped = [];
  const files = originals(names.map((name) => ({ name })), (sentence) => skipped.push(sentence));
  return [files.map(({ name }) => name), skipped];
}

test("galleries and sites in a folder are passed over, each named once", () => {
  const gallery = ["manifest.json", "embeddings.npy", `photos/${COPY}`, "photos/deep/b.jpg"].map((it) => `own/deep/gallery/${it}`);
  const site = ["data/site.json", "version.js", "data/galleries/1/photos/c.jpg", "favicon.png"].map((it) => `own/site/${it}`);
  const [files, skipped] = left("own/a.jpg", ...gallery, ...site, "own/deep/d.jpg");
  assert.deepEqual(files, ["own/a.jpg", "own/deep/d.jpg"]);
  assert.deepEqual(skipped.map((it) => it.split(" ")[0]), ["own/deep/gallery", "own/site"]);
});

test("of a gallery built in the very folder the copies alone are passed over", () => {
  const small = COPY.replace(".jpg", ".400px.jpg");
  const made = ["own/manifest.json", "own/embeddings.npy"];
  assert.deepEqual(left(...made, "own/a.jpg", `own/photos/${COPY}`, `own/small/${small}`, "own/photos/b.jpg"), [
    [...made, "own/a.jpg", "own/photos/b.jpg"],
    [],
  ]);
});

test("other folders with a manifest, and files without a folder, stay", () => {
  const names = ["a.jpg", COPY, "own/manifest.json", `own/photos/${COPY}`, "own/web/manifest.json", "own/web/a.jpg"];
  assert.deepEqual(left(...names), [names, []]);
});

test("what is passed over in a folder is what Python passes over", () => {
  for (const { files, photos } of numbersOf("with_galleries")) {
    const found = left(...files)[0].filter((name) => name.endsWith(".jpg"));
    assert.deepEqual(found.sort(), photos.sort(), files.at(-1));
  }
});
