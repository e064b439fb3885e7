import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";

import { namesIn } from "../src/own/zip_names.js";
import { numbersOf } from "./numbers.js";

const bytesOf = (digits) => new Uint8Array(Buffer.from(digits, "hex"));

test("names in zips are read as Python reads them, whatever they are written in", () => {
  for (const { entries, names } of numbersOf("old_names")) {
    const found = namesIn(entries.map(({ name, flags, extra }) => ({ name: bytesOf(name), flags, extra: bytesOf(extra) })));
    assert.deepEqual(found, names, entries[0].name);
  }
});

test("a name that is falsely marked as UTF-8 is read by its bytes", () => {
  const [name] = namesIn([{ name: new Uint8Array([0x84, 0x2e, 0x6a]), flags: 0x800, extra: new Uint8Array() }]);
  assert.equal(name, "ä.j");
});

test("the name in an extra field is read by its first version alone, the only one there is", () => {
  const name = Buffer.from("old.jpg");
  for (const [version, read] of [[1, "Käse.jpg"], [2, "old.jpg"]]) {
    const content = Buffer.concat([Buffer.alloc(5, version), Buffer.from("Käse.jpg")]);
    content.writeUInt32LE(crc32(name), 1);
    const head = Buffer.alloc(4);
    head.writeUInt16LE(0x7075, 0);
    head.writeUInt16LE(content.length, 2);
    assert.deepEqual(namesIn([{ name, flags: 0, extra: new Uint8Array([...head, ...content]) }]), [read]);
  }
});
