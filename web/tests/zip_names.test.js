import assert from "node:assert/strict";
import { test } from "node:test";

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
