// All files of a folder, by handles as browsers have them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { filesOf, foldersIn, isHidden, placeOf } from "../src/own/folders.js";

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
  const found = await filesOf(folderOf("own", [fileOf("a.jpg"), lost, fileOf("c.jpg")]), (...lost) => said.push(lost));
  assert.deepEqual(found.map(({ name }) => name), ["own/a.jpg", "own/c.jpg"]);
  assert.deepEqual(said, [["own/b.jpg", "own/b.jpg could not be read."]]);
});

test("a folder that is gone is said, and so is one that may not be read", async () => {
  for (const [name, words] of [["NotFoundError", "is not there any more"], ["NotAllowedError", "may not be read any more"]]) {
    const gone = { name: "own", values: () => { throw named(name); } };
    await assert.rejects(filesOf(gone, assert.fail), (error) => error.constructor === Error && error.message.includes(words));
  }
});

/** A handle of what lies at `way`; `isSameEntry` compares that. */
const handleOf = (way) => ({ name: way.split("/").at(-1), way, isSameEntry: async (other) => other.way === way });

function storeOf(folders) {
  const lists = new Map([["folders", folders]]);
  return { known: async (name) => lists.get(name), know: async (name, content) => void lists.set(name, content) };
}

const photosOf = (...names) => new Map(names.map((name) => [name, { name, size: 1, modified: 1 }]));
const filesIn = (...names) => names.map((name) => ({ name, size: 1, modified: 1 }));
const placesIn = async (store) => (await foldersIn(store)).map(({ handle, place }) => [handle.way, place]);

test("two folders of one name keep their places, whatever is in them", async () => {
  const [one, other] = [handleOf("A/2024"), handleOf("B/2024")];
  const store = storeOf(undefined);
  const photos = photosOf("2024/a.jpg", "2024/cover.jpg");
  assert.equal(await placeOf(store, new Map(), filesIn("2024/a.jpg", "2024/cover.jpg"), one), "2024");
  const copies = filesIn("2024/a.jpg", "2024/cover.jpg"); // all of the other one, and it is another one
  assert.equal(await placeOf(store, photos, copies, other), "2024 (2)");
  for (const [name, photo] of photosOf("2024 (2)/a.jpg", "2024 (2)/cover.jpg")) photos.set(name, photo);
  for (const now of [[], filesIn("2024/new.jpg"), copies]) {
    assert.equal(await placeOf(store, photos, now, one), "2024");
    assert.equal(await placeOf(store, photos, now, other), "2024 (2)");
  }
  assert.deepEqual(await placesIn(store), [["A/2024", "2024"], ["B/2024", "2024 (2)"]]);
});

test("a folder that was brought before without a handle is known by its photos", async () => {
  const photos = photosOf("own/a.jpg", "own/b.jpg", "own/c.jpg");
  assert.equal(await placeOf(storeOf([]), photos, filesIn("own/a.jpg", "own/b.jpg"), handleOf("own")), "own");
  assert.equal(await placeOf(storeOf([]), photos, filesIn("own/a.jpg", "own/d.jpg"), handleOf("own")), "own (2)");
});

test("a handle that was kept without a place is that of the folder of its name", async () => {
  const store = storeOf([handleOf("A/own"), handleOf("B/else")]);
  assert.equal(await placeOf(store, photosOf("own/a.jpg"), filesIn("own/new.jpg"), handleOf("A/own")), "own");
  assert.deepEqual(await placesIn(store), [["A/own", "own"], ["B/else", "else"]]);
});

test("of two that were kept without a place and are called alike, neither takes the other's photos", async () => {
  const [one, other] = [handleOf("A/own"), handleOf("B/own")];
  const store = storeOf([one, other]);
  const photos = photosOf("own/a.jpg", "own (2)/b.jpg");
  assert.deepEqual(await placesIn(store), [["A/own", null], ["B/own", null]]);
  assert.equal(await placeOf(store, photos, filesIn("own/b.jpg"), other), "own (2)");
  assert.equal(await placeOf(store, photos, filesIn("own/c.jpg"), one), "own (3)"); // nobody knows which
  assert.equal(await placeOf(store, photos, filesIn("own/c.jpg"), other), "own (2)");
});
