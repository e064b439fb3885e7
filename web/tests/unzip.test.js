// What is in a zip, whoever wrote it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";

import { entriesOf } from "../src/own/unzip.js";
import { numbersOf } from "./numbers.js";

/** A zip with empty files of these names, each the bytes of one; all with the same `comment`. */
function zipOf(names, comment = Buffer.alloc(0)) {
  const entries = names.map((name) => {
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt16LE(comment.length, 32);
    return Buffer.concat([entry, name, comment]);
  });
  const table = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(table.length, 12);
  return new Blob([table, end]);
}

/** The one entry of a zip, which says how large it is; `content` is what lies there. */
async function entryOf(content, { size, method = 0 }) {
  const [local, table] = [Buffer.alloc(30), Buffer.from(await zipOf([Buffer.from("a.jpg")]).arrayBuffer())];
  local.writeUInt32LE(0x04034b50, 0);
  table.writeUInt16LE(method, 10);
  table.writeUInt32LE(content.length, 20);
  table.writeUInt32LE(size, 24);
  table.writeUInt32LE(30 + content.length, table.length - 6); // where the table is
  const [entry] = await entriesOf(new Blob([local, content, table]));
  return entry;
}

test("names in UTF-8 and in the letters of DOS are read, and none is taken for another", async () => {
  for (const [bytes, name] of [[Buffer.from("Äpfel.jpg"), "Äpfel.jpg"], [Buffer.from([0x4b, 0x84, 0x73, 0x65]), "Käse"]]) {
    const found = await entriesOf(zipOf([bytes, Buffer.from("plain.jpg")]));
    assert.deepEqual(found.map((it) => it.name), [name, "plain.jpg"]);
  }
});

test("names of zips that Windows packed have forward slashes", async () => {
  const [{ name }] = await entriesOf(zipOf([Buffer.from("a\\b\\c.jpg")]));
  assert.equal(name, "a/b/c.jpg");
});

test("zips above 4 GB, behind a program or with a comment are read as Python reads them", async () => {
  for (const { zip, entries } of numbersOf("odd_zips")) {
    const found = await entriesOf(new Blob([Buffer.from(zip, "base64")]));
    const contents = await Promise.all(found.map(async ({ name, read }) => [name, await (await read()).text()]));
    assert.deepEqual(Object.fromEntries(contents), entries);
  }
});

test("a zip that is cut short is refused, and so is one that says it has more than any", async () => {
  const [{ zip }] = numbersOf("odd_zips");
  const whole = Buffer.from(zip, "base64");
  for (const cut of [10, 30, whole.length - 40]) await assert.rejects(entriesOf(new Blob([whole.subarray(cut, whole.length - (cut === 30))])));
  const many = Buffer.from(whole);
  many.writeUInt16LE(60_000, many.length - 12);
  await assert.rejects(entriesOf(new Blob([many])));
});

test("an entry gives no more than it says, packed or not", async () => {
  const text = "a bomb ".repeat(1_000);
  for (const [content, method] of [[Buffer.from(text), 0], [deflateRawSync(text), 8]]) {
    const entry = await entryOf(content, { size: text.length, method });
    assert.equal(await (await entry.read()).text(), text);
    const less = await entryOf(content, { size: text.length - 1, method });
    await assert.rejects(less.read(), /more than it says/);
  }
});

test("an entry of more than 100 MB is not read", async () => {
  const entry = await entryOf(Buffer.from("four"), { size: 100_000_000 });
  assert.equal(await (await entry.read()).text(), "four");
  await assert.rejects((await entryOf(Buffer.from("four"), { size: 100_000_001 })).read(), /no entry that can be read/);
});

test("a zip has 50,000 entries at most", async () => {
  const names = Array(50_001).fill(Buffer.from("a"));
  assert.equal((await entriesOf(zipOf(names.slice(1)))).length, 50_000);
  await assert.rejects(entriesOf(zipOf(names)), /too much/);
});

test("a zip has a table of contents of 50 MB at most", async () => {
  const names = Array(764).fill(Buffer.from("a"));
  const comment = Buffer.alloc(0xffff);
  assert.equal((await entriesOf(zipOf(names.slice(2), comment))).length, 762);
  await assert.rejects(entriesOf(zipOf(names, comment)), /too much/);
});
