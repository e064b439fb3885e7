// Random numbers that are the same ones each time, so that the same gallery gives the same map.

/** Returns what gives the next number, from 0 to 1 (mulberry32). */
export function randomNumbers() {
  let state = 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
