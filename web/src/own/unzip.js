// The files in a zip, read where it lies: its table of contents first, then one entry after the other. Names are for reading,
// and have forward slashes.

import { fieldsOf, namesIn } from "./zip_names.js";

const [END, ENTRY, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50]; // what their records begin with
const [LARGE_END, LARGE_PLACE] = [0x06064b50, 0x07064b50]; // the same of those that zips above 4 GB have before the end,
const [LARGE_END_BYTES, LARGE_PLACE_BYTES] = [56, 20]; // and how long they are
const LARGE_SIZES = 1; // the extra field of what has no room in an entry
const LONGEST_END = 65_557; // bytes from the last record to the end of a file
const MOST_ENTRIES = 50_000;
const LONGEST_TABLE = 50_000_000; // bytes
const LARGEST = 100_000_000; // bytes of an entry
const FULL = 0xffffffff; // a number that has no room

/** The entries of a zip, each a `name`, when it was `modified`, its `size` and `read()`, which promises it as a Blob. */
export async function entriesOf(zip) {
  const { count, start, length, before } = await tableOf(zip);
  if (count > MOST_ENTRIES || length > LONGEST_TABLE) throw new Error("too much");
  const table = new DataView(await zip.slice(start, start + length).arrayBuffer());
  const entries = [];
  for (let at = 0; entries.length < count; at += entries.at(-1).bytes) entries.push(entryAt(table, at, before));
  const names = namesIn(entries);
  return entries
    .map(({ size, modified, ...about }, at) => ({ name: names[at], size, modified, read: () => unpacked(zip, { ...about, size }) }))
    .filter(({ name }) => !name.endsWith("/"));
}

/** Where the table of contents is, how many entries it has, and how many bytes lie `before` the zip, as a program may. */
async function tableOf(zip) {
  const from = Math.max(0, zip.size - LONGEST_END - LARGE_END_BYTES - LARGE_PLACE_BYTES);
  const tail = new DataView(await zip.slice(from).arrayBuffer());
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw new Error("no end");
  let [count, length, start] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  const large = end - LARGE_PLACE_BYTES - LARGE_END_BYTES;
  if (large >= 0 && tail.getUint32(end - LARGE_PLACE_BYTES, true) === LARGE_PLACE && tail.getUint32(large, true) === LARGE_END) {
    [count, length, start] = [32, 40, 48].map((offset) => Number(tail.getBigUint64(large + offset, true)));
    end = large;
  }
  const before = from + end - length - start;
  if (before < 0) throw new Error("cut short");
  return { count, start: start + before, length, before };
}

function entryAt(table, at, before) {
  if (table.getUint32(at, true) !== ENTRY) throw new Error("no entry");
  const [nameLength, extraLength, comment] = [28, 30, 32].map((offset) => table.getUint16(at + offset, true));
  const part = (offset, length) => new Uint8Array(table.buffer, at + offset, length);
  const [name, extra] = [part(46, nameLength), part(46 + nameLength, extraLength)];
  const [size, packed, place] = numbersOf(table, at, extra);
  const [flags, method, modified] = [table.getUint16(at + 8, true), table.getUint16(at + 10, true), table.getUint32(at + 12, true)];
  return { name, extra, flags, method, modified, size, packed, place: place + before, bytes: 46 + nameLength + extraLength + comment };
}

/** The size of an entry, how large it is packed, and where it lies. */
function numbersOf(table, at, extra) {
  const large = [...fieldsOf(extra)].find(([tag]) => tag === LARGE_SIZES)?.[1];
  let next = 0; // those alone are there that have no room
  return [24, 20, 42].map((offset) => {
    const number = table.getUint32(at + offset, true);
    if (number !== FULL || !large) return number;
    next += 8;
    return Number(new DataView(large.buffer, large.byteOffset, large.byteLength).getBigUint64(next - 8, true));
  });
}

async function unpacked(zip, { method, flags, packed, size, place }) {
  const isSecret = (flags & 1) !== 0;
  if (isSecret || size > LARGEST || ![0, 8].includes(method)) throw new Error("no entry that can be read");
  const head = new DataView(await zip.slice(place, place + 30).arrayBuffer());
  if (head.getUint32(0, true) !== LOCAL) throw new Error("no entry");
  const start = place + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const content = zip.slice(start, start + packed);
  if (method === 0 && packed > size) throw new Error("more than it says");
  if (method === 0) return content;
  const reader = content.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  for (let length = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    length += value.length;
    if (length > size) throw new Error("more than it says"); // whatever its header claims
    parts.push(value);
  }
}
