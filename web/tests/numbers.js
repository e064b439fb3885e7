// The numbers that Python wrote (tests/web/numbers.py).

import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";

export function numbersOf(kind) {
  return JSON.parse(readFileSync(new URL(`numbers/${kind}.json`, import.meta.url), "utf-8"));
}

/** The picture in it. */
export function unpacked({ width, height, pixels }) {
  return { width, height, data: new Uint8Array(inflateSync(Buffer.from(pixels, "base64"))) };
}

/** How many pixels of two pictures differ. */
export function differing(one, other) {
  return one.data.reduce((count, level, at) => count + (level !== other.data[at]), 0);
}
