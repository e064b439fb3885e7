// How far a sketch is slanted, and the same sketch set upright, as slant.py does it and says why.

import { turned } from "./drawing.js";

/** A drawing turned by its slant, as far as `correction` goes; `most` in degrees, 0 (as it is) to below 45. */
export function uprightDrawing(drawing, most) {
  if (!most || !drawing.length) return drawing;
  const across = [];
  const down = [];
  for (const { points } of drawing) {
    for (let at = 1; at < points.length; at += 1) {
      across.push(points[at][0] - points[at - 1][0]);
      down.push(points[at][1] - points[at - 1][1]);
    }
  }
  return turned(drawing, -correction(slantOf(across, down), most));
}

/** How much of a slant is taken back, in degrees: all of it up to `most`, from there on ever less, nothing at 45°. */
export function correction(slant, most) {
  const beyond = Math.abs(slant) - most;
  return beyond <= 0 ? slant : Math.sign(slant) * most * (1 - beyond / (45 - most));
}

/** Degrees, −45 to 45, of directions given by their parts; 0 where there are none. */
export function slantOf(across, down) {
  let [real, imaginary] = [0, 0];
  for (let at = 0; at < across.length; at += 1) {
    const [x, y] = [across[at], down[at]];
    const length = Math.hypot(x, y);
    if (length === 0) continue;
    const [squareX, squareY] = [x * x - y * y, 2 * x * y];
    real += (squareX * squareX - squareY * squareY) / length ** 3;
    imaginary += (2 * squareX * squareY) / length ** 3;
  }
  return ((Math.atan2(imaginary, real) * 180) / Math.PI) / 4;
}
