// A drawing as a short text for the address of a link, and back: whole units of the page, each point by how far it is from
// the one before, a few bits a number, deflated where that is shorter. No page here.
//
// The text is the version, `p` (plain) or `d` (deflated), and the bytes in base64 for addresses. The bytes are numbers of 7
// bits a byte: strokes; of each its width in tenths, twice its points and one more if it has pressure; then the points, x, y
// and hundredths of pressure. The last four bytes check the others, as what mail and chat do to a link shows nowhere else.

import { MAX_POINTS, checked } from "./strokes.js";

const VERSION = "1";
const MAX_STROKES = 2_000; // drawing.py has the same limit
const FARTHEST = 1_000_000; // from the page's corner, likewise
const MAX_BYTES = 12 * MAX_POINTS + 8 * MAX_STROKES; // no drawing within these limits needs more
const CHECK_BYTES = 4;

/** Whether a drawing is small enough for a link. */
export function fitsLink(strokes) {
  const points = strokes.flatMap((stroke) => stroke.points);
  const isNear = ([x, y]) => Math.max(Math.abs(x), Math.abs(y)) < FARTHEST;
  return strokes.length <= MAX_STROKES && points.length <= MAX_POINTS && points.every(isNear);
}

/** The text of strokes that fit. */
export async function textOf(strokes) {
  const plain = bytesOf(strokes);
  const deflated = await passed(plain, "CompressionStream");
  const [mark, bytes] = deflated && deflated.length < plain.length ? ["d", deflated] : ["p", plain];
  return `${VERSION}${mark}${toBase64(bytes)}`;
}

/** The strokes of a text; throws if it is damaged, or of another version, or too much. */
export async function strokesOf(text) {
  const [, version, mark, encoded] = /^(\d+)([pd])([\w-]+)$/.exec(text) ?? [];
  if (version !== VERSION || encoded.length > 2 * MAX_BYTES) throw new Error("no drawing");
  const sent = fromBase64(encoded);
  const bytes = mark === "d" ? await passed(sent, "DecompressionStream") : sent;
  if (!bytes) throw new Error("This browser cannot unpack the drawing.");
  return strokesIn(bytes);
}

// ---- Strokes and bytes

function bytesOf(strokes) {
  const bytes = [];
  const put = (number) => {
    for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) + 128);
    bytes.push(number);
  };
  const putSigned = (number) => put(number < 0 ? -2 * number - 1 : 2 * number);
  put(strokes.length);
  for (const { width, points } of strokes) {
    const hasPressure = points[0].length === 3;
    put(Math.max(1, Math.round(10 * width)));
    put(2 * points.length + Number(hasPressure));
    let before = [0, 0, 0];
    for (const [x, y, pressure] of points) {
      const point = [Math.round(x), Math.round(y), ...(hasPressure ? [Math.round(100 * pressure)] : [])];
      point.forEach((value, axis) => putSigned(value - before[axis]));
      before = point;
    }
  }
  return Uint8Array.from([...bytes, ...checkOf(bytes)]);
}

function strokesIn(bytes) {
  const end = bytes.length - CHECK_BYTES;
  const content = bytes.subarray(0, Math.max(end, 0));
  if (end < 0 || checkOf(content).some((byte, at) => byte !== bytes[end + at])) throw new Error("damaged");
  let at = 0;
  const take = () => {
    let number = 0;
    for (let unit = 1; ; unit *= 128) {
      if (at >= end || unit > 2 ** 42) throw new Error("damaged");
      const byte = content[at];
      at += 1;
      number += (byte % 128) * unit;
      if (byte < 128) return number;
    }
  };
  const takeSigned = () => {
    const number = take();
    return number % 2 ? -(number + 1) / 2 : number / 2;
  };
  const atMost = (number, limit) => {
    if (Math.abs(number) > limit) throw new Error("too much");
    return number;
  };
  const takePoint = (before) => before.map((value) => atMost(value + takeSigned(), FARTHEST));
  let left = MAX_POINTS;
  const strokes = Array.from({ length: atMost(take(), MAX_STROKES) }, () => {
    const width = take() / 10;
    const counted = take();
    left = left - atMost(Math.floor(counted / 2), left);
    let point = counted % 2 ? [0, 0, 0] : [0, 0];
    const points = Array.from({ length: Math.floor(counted / 2) }, () => (point = takePoint(point)));
    return { width, points: points.map(([x, y, ...pressure]) => [x, y, ...pressure.map((value) => atMost(value, 100) / 100)]) };
  });
  if (at !== end) throw new Error("damaged");
  return checked(strokes);
}

/** FNV-1a of the bytes, 32 bits. */
function checkOf(bytes) {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return [24, 16, 8, 0].map((bits) => (sum >>> bits) & 255);
}

// ---- Bytes and text

/** The bytes after a stream of the browser, no more than are allowed; null: it has no such stream. */
async function passed(bytes, stream) {
  if (!(stream in window)) return null;
  const reader = new Blob([bytes]).stream().pipeThrough(new window[stream]("deflate-raw")).getReader();
  const pieces = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(pieces).arrayBuffer());
    pieces.push(value);
    length += value.length;
    if (length > MAX_BYTES) {
      await reader.cancel();
      throw new Error("too much");
    }
  }
}

function toBase64(bytes) {
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64(text) {
  const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}
