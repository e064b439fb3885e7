// All files of a folder, by handles as browsers have them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { filesOf } from "../src/own/folders.js";

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
