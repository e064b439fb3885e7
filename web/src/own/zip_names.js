// What the names in a zip say, whoever packed it, as zip_names.py reads them.

import { decode, encodingOf } from "./old_text.js";

const IN_UTF8 = 0x800; // the flag of a name that is in UTF-8
const UNICODE_PATH = 0x7075; // the extra field that has the name once more, in UTF-8
const USUAL = "cp437"; // what names are in that nothing is said of, by the standard

/** The names of entries, each its `flags`, and the bytes of its `name` and its `extra` fields; with forward slashes. */
export function namesIn(entries) {
  const written = entries.map(writtenIn);
  const encoding = encodingOf(written.filter((it) => typeof it !== "string"), USUAL);
  return written.map((it) => (typeof it === "string" ? it : decode(it, encoding)).replaceAll("\\", "/"));
}

/** The name, or its bytes where it is not known in what encoding they are. */
function writtenIn({ flags, name, extra }) {
  const marked = flags & IN_UTF8 ? utf8In(name) : null;
  if (marked !== null) return marked.split("\0")[0];
  for (const [tag, content] of fieldsOf(extra)) {
    if (tag !== UNICODE_PATH || content.length < 5 || content[0] !== 1) continue;
    const check = new DataView(content.buffer, content.byteOffset).getUint32(1, true);
    if (check === crc32(name)) return new TextDecoder().decode(content.subarray(5)).split("\0")[0];
  }
  const end = name.indexOf(0);
  return end < 0 ? name : name.subarray(0, end);
}

/** The text, or null where it is marked falsely. */
function utf8In(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The extra fields of an entry, [tag, content]. */
export function* fieldsOf(extra) {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength);
  for (let at = 0; at + 4 <= extra.length; ) {
    const size = view.getUint16(at + 2, true);
    yield [view.getUint16(at, true), extra.subarray(at + 4, at + 4 + size)];
    at += 4 + size;
  }
}

function crc32(bytes) {
  let rest = ~0;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return ~rest >>> 0;
}
