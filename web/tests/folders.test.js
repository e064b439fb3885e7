// All files of a folder, by handles as browsers have them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { filesOf, isHidden } from "../src/own/folders.js";

const fileOf = (name, getFile = async () => ({ name })) => ({ kind: "file", name, getFile });
const folderOf = (name, entries) => ({
  kind: "directory",
  name,
  async *values() {
    yield* entries;
  },
});
const named = (name) => Object.assign(new Error("lost"), { name });

test("what lies in a folder is found, and hidden files are not", async () => {
  const folder = folderOf("own", [fileOf("a.jpg"), fileOf("._a.jpg"), folderOf("deep", [fileOf("b.jpg")]), folderOf(".git", [fileOf("c")])]);
  const found = await filesOf(folder, assert.fail);
  assert.deepEqual(found.map(({ name }) => name), ["own/a.jpg", "own/deep/b.jpg"]);
});

test("what systems and programs put beside people's files is hidden, wherever it lies", () => {
  for (const name of ["a/THUMBS.DB", "desktop.ini", "@eaDir/a.jpg/b.jpg", "x/#recycle/a.jpg", "Icon\r", "__MACOSX/a.jpg", "a/.b/c.jpg"]) {
    assert.ok(isHidden(name), name);
  }
  for (const name of ["a.jpg", "../a.jpg", "./a.jpg", "recycle/a.jpg", "Icon.jpg", "...and more"]) {
    assert.equal(isHidden(name), name.startsWith("..."), name);
  }
});

test("a file that cannot be read is named, and the others are found", async () => {
  const lost = fileOf("b.jpg", () => Promise.reject(named("NotFoundError")));
  const said = [];
  const found = await filesOf(folderOf("own", [fileOf("a.jpg"), lost, fileOf("c.jpg")]), (sentence) => said.push(sentence));
  assert.deepEqual(found.map(({ name }) => name), ["own/a.jpg", "own/c.jpg"]);
  assert.deepEqual(said, ["own/b.jpg could not be read."]);
});

test("a folder that is gone is said, and so is one that may not be read", async () => {
  for (const [name, words] of [["NotFoundError", "is not there any more"], ["NotAllowedError", "may not be read any more"]]) {
    const gone = { name: "own", values: () => { throw named(name); } };
    await assert.rejects(filesOf(gone, assert.fail), (error) => error.constructor === Error && error.message.includes(words));
  }
});
