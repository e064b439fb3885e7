// The files in a zip, read where it lies: its table of contents first, then one entry after the other. Names are for reading,
// and have forward slashes.

const [END, ENTRY, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50]; // what their records begin with
const LONGEST_END = 65_557; // bytes from the last record to the end of a file
const MOST_ENTRIES = 50_000;
const LARGEST = 100_000_000; // bytes of an entry
// The upper half of the letters that names have where they are not in UTF-8 (code page 437).
const LETTERS =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/** The entries of a zip, each a `name`, when it was `modified`, its `size` and `read()`, which promises it as a Blob. */
export async function entriesOf(zip) {
  const tail = new DataView(await zip.slice(Math.max(0, zip.size - LONGEST_END)).arrayBuffer());
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw new Error("no end");
  const [count, length, start] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  if (count > MOST_ENTRIES || start + length > zip.size) throw new Error("too much, or another kind");
  const table = new DataView(await zip.slice(start, start + length).arrayBuffer());
  const entries = [];
  for (let at = 0, number = 0; number < count; number += 1) {
    if (table.getUint32(at, true) !== ENTRY) throw new Error("no entry");
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => table.getUint16(at + offset, true));
    const name = nameOf(new Uint8Array(table.buffer, at + 46, nameLength)).replaceAll("\\", "/");
    const [packed, size, place] = [20, 24, 42].map((offset) => table.getUint32(at + offset, true));
    const method = table.getUint16(at + 10, true);
    const isSecret = (table.getUint16(at + 8, true) & 1) !== 0;
    if (!name.endsWith("/")) {
      entries.push({ name, size, modified: table.getUint32(at + 12, true), read: () => unpacked(zip, { method, isSecret, packed, size, place }) });
    }
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

function nameOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes); // which many write without saying so
  } catch {
    return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : LETTERS[byte - 128])).join("");
  }
}

async function unpacked(zip, { method, isSecret, packed, size, place }) {
  if (isSecret || size > LARGEST || ![0, 8].includes(method)) throw new Error("no entry that can be read");
  const head = new DataView(await zip.slice(place, place + 30).arrayBuffer());
  if (head.getUint32(0, true) !== LOCAL) throw new Error("no entry");
  const start = place + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const content = zip.slice(start, start + packed);
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
