// Names of the files in a zip, as older programs wrote them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { entriesOf } from "../src/own/unzip.js";

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
  const names = [Buffer.from("Äpfel.jpg"), Buffer.from([0x84, 0x94, 0x81, 0x2e, 0x6a]), Buffer.from([0xe1, 0xff, 0x80])];
  const found = await entriesOf(zipOf(names));
  assert.deepEqual(found.map(({ name }) => name), ["Äpfel.jpg", "äöü.j", "ß\u00a0Ç"]);
});

test("names of zips that Windows packed have forward slashes", async () => {
  const [{ name }] = await entriesOf(zipOf([Buffer.from("a\\b\\c.jpg")]));
  assert.equal(name, "a/b/c.jpg");
});
