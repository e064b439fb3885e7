// What is in a zip, whoever wrote it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { entriesOf } from "../src/own/unzip.js";
import { numbersOf } from "./numbers.js";

/** A zip with empty files of these names, each the bytes of one. */
function zipOf(names) {
  const table = names.map((name) => {
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(name.length, 28);
    return Buffer.concat([entry, name]);
  });
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(Buffer.concat(table).length, 12);
  return new Blob([...table, end]);
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

test("an entry that is not packed gives no more than it says", async () => {
  const [local, table] = [Buffer.alloc(30), Buffer.from(await zipOf([Buffer.from("a.jpg")]).arrayBuffer())];
  local.writeUInt32LE(0x04034b50, 0);
  for (const size of [4, 3]) {
    table.writeUInt32LE(4, 20); // as large in the file
    table.writeUInt32LE(size, 24);
    table.writeUInt32LE(34, table.length - 6); // where the table is
    const [entry] = await entriesOf(new Blob([local, "four", table]));
    if (size === 4) assert.equal(await (await entry.read()).text(), "four");
    else await assert.rejects(entry.read(), /more than it says/);
  }
});
