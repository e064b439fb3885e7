// Numbers in half precision (IEEE 754, 16 bits), as embeddings are kept in files.

let table = null; // of all 65,536 of them: a gallery has millions

/** Single precision of the halves in some bytes. */
export function singles(bytes) {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => single(bits));
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const numbers = new Float32Array(halves.length);
  for (let at = 0; at < halves.length; at += 1) numbers[at] = table[halves[at]];
  return numbers;
}

function single(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits >> 15 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
