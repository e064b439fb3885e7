// Parts of pictures, cut out, turned and seen from another side, to the level as Pillow does it.

import { halfToEven } from "./ink.js";

const { floor } = Math;

/** What is in a box [left, top, right, bottom]; beyond the picture there is nothing, level 0. */
export function cropped({ width, height, data }, [left, top, right, bottom]) {
  const result = { width: right - left, height: bottom - top, data: new data.constructor((right - left) * (bottom - top)) };
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      if (x >= 0 && x < width && y >= 0 && y < height) result.data[(y - top) * result.width + x - left] = data[y * width + x];
    }
  }
  return result;
}

/** A mask at another size: each pixel is the nearest. */
export function nearestSized(mask, width, height) {
  const placeOf = (x, y, place) => {
    place[0] = ((x + 0.5) * mask.width) / width;
    place[1] = ((y + 0.5) * mask.height) / height;
  };
  return mapped(mask, width, height, placeOf, nearest, 0);
}

/** A grey picture turned against the clock by degrees, as large as that makes it; what comes in is white. */
export function turnedPicture(picture, degrees) {
  const { width, height } = picture;
  const angle = (-(((degrees % 360) + 360) % 360) * Math.PI) / 180;
  if (angle === 0) return picture;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)].map((it) => Number(it.toFixed(15)));
  const [middleX, middleY] = [width / 2, height / 2];
  const place = (x, y) => [cosine * x + sine * y, -sine * x + cosine * y];
  const back = place(-middleX, -middleY);
  const offset = [back[0] + middleX, back[1] + middleY];
  const corners = [[0, 0], [width, 0], [width, height], [0, height]].map(([x, y]) => place(x, y).map((it, axis) => it + offset[axis]));
  const [wide, high] = [0, 1].map((axis) => {
    const along = corners.map((corner) => corner[axis]);
    return Math.ceil(Math.max(...along)) - floor(Math.min(...along));
  });
  const shift = place(-(wide - width) / 2, -(high - height) / 2);
  const [fromX, fromY] = [shift[0] + offset[0], shift[1] + offset[1]];
  const placeOf = (column, row, there) => {
    const [x, y] = [column + 0.5, row + 0.5];
    there[0] = cosine * x + sine * y + fromX;
    there[1] = -sine * x + cosine * y + fromY;
  };
  return mapped(picture, wide, high, placeOf, cubic, 255);
}

/** What lies between four corners, as a picture of its own. */
export function warped(picture, corners, width, height, isMask = false) {
  const equations = [];
  for (const [at, [u, v]] of [[0, 0], [width, 0], [width, height], [0, height]].entries()) {
    const [x, y] = corners[at];
    equations.push([u, v, 1, 0, 0, 0, -x * u, -x * v, x], [0, 0, 0, u, v, 1, -y * u, -y * v, y]);
  }
  const [a, b, c, d, e, f, g, h] = solved(equations);
  const placeOf = (column, row, place) => {
    const [x, y] = [column + 0.5, row + 0.5];
    const scale = g * x + h * y + 1;
    place[0] = (a * x + b * y + c) / scale;
    place[1] = (d * x + e * y + f) / scale;
  };
  return mapped(picture, width, height, placeOf, isMask ? nearest : cubic, 0);
}

/** Width and height of a sheet whose corners a camera saw there, after Zhang and He, "Whiteboard scanning", 2007. */
export function sizeFromAbove(corners, size, longestSide) {
  const longest = Math.max(size.width, size.height);
  const [topLeft, topRight, bottomRight, bottomLeft] = corners.map(([x, y]) => [(x - size.width / 2) / longest, (y - size.height / 2) / longest, 1]);
  const diagonal = cross(topLeft, bottomRight);
  const alongScale = dot(diagonal, bottomLeft) / dot(cross(topRight, bottomRight), bottomLeft);
  const downScale = dot(diagonal, topRight) / dot(cross(bottomLeft, bottomRight), topRight);
  const along = topRight.map((it, axis) => alongScale * it - topLeft[axis]);
  const down = bottomLeft.map((it, axis) => downScale * it - topLeft[axis]);
  const vanishing = along[2] * down[2]; // 0: one pair of sides at least is parallel, as seen, and tells nothing
  const squared = Math.abs(vanishing) > 1e-6 ? -(along[0] * down[0] + along[1] * down[1]) / vanishing : 1;
  const lens = Math.sqrt(Math.min(LENSES[1] ** 2, Math.max(LENSES[0] ** 2, squared)));
  const sheet = [along, down].map(([x, y, z]) => Math.hypot(x / lens, y / lens, z));
  const sides = corners.map(([x, y], at) => Math.hypot(x - corners[(at + 3) % 4][0], y - corners[(at + 3) % 4][1]));
  const wanted = Math.min(longestSide, Math.max(...sides));
  return sheet.map((side) => Math.max(1, halfToEven((side * wanted) / Math.max(...sheet))));
}

const LENSES = [0.6, 2.5]; // focal lengths of cameras, in longer sides of the picture
const cross = ([a, b, c], [x, y, z]) => [b * z - c * y, c * x - a * z, a * y - b * x];
const dot = (one, other) => one.reduce((sum, it, axis) => sum + it * other[axis], 0);

/** Gauss: the unknowns of as many equations, each the factors and then the result. */
function solved(equations) {
  const rows = equations.map((row) => [...row]);
  for (let at = 0; at < rows.length; at += 1) {
    const best = rows.slice(at).reduce((chosen, row, step) => (Math.abs(row[at]) > Math.abs(rows[chosen][at]) ? at + step : chosen), at);
    [rows[at], rows[best]] = [rows[best], rows[at]];
    for (const [other, row] of rows.entries()) {
      if (other === at) continue;
      const factor = row[at] / rows[at][at];
      for (let column = at; column <= rows.length; column += 1) row[column] -= factor * rows[at][column];
    }
  }
  return rows.map((row, at) => row[rows.length] / row[at]);
}

// ---- Pixels from places

/** `placeOf(x, y, place)` writes where in the picture a pixel lies into `place`, which saves millions of small arrays. */
function mapped(picture, width, height, placeOf, levelAt, beyond) {
  const data = new picture.data.constructor(width * height);
  const place = new Float64Array(2);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      placeOf(x, y, place);
      const [across, down] = [place[0], place[1]];
      const isThere = across >= 0 && across < picture.width && down >= 0 && down < picture.height;
      data[at] = isThere ? levelAt(picture, across, down) : beyond;
    }
  }
  return { width, height, data };
}

const nearest = ({ width, data }, x, y) => data[floor(y) * width + floor(x)];

function cubic({ width, height, data }, across, down) {
  const [x, y] = [floor(across - 0.5), floor(down - 0.5)];
  const [dx, dy] = [across - 0.5 - x, down - 0.5 - y];
  const [x1, x2, x3, x4] = [within(x - 1, width), within(x, width), within(x + 1, width), within(x + 2, width)];
  const along = (row) => between(data[row + x1], data[row + x2], data[row + x3], data[row + x4], dx);
  const of = (step) => along(within(y + step, height) * width);
  return Math.trunc(Math.min(255, Math.max(0, between(of(-1), of(0), of(1), of(2), dy))));
}

const within = (at, size) => Math.min(size - 1, Math.max(0, at));

/** A cubic curve through four values, at a share of the way from the second to the third. */
function between(v1, v2, v3, v4, share) {
  return v2 + share * (-v1 + v3 + share * (2 * (v1 - v2) + v3 - v4 + share * (-v1 + v2 - v3 + v4)));
}
