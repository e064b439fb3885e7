// Polygons around patches: points are [x, y], y down, and corners go clockwise as they are seen.

import { fillPolygon, plain } from "./ink.js";
import { maskOf } from "./ndimage.js";

const cross = ([ax, ay], [bx, by]) => ax * by - ay * bx;
const minus = ([ax, ay], [bx, by]) => [ax - bx, ay - by];

/** The convex hull of points, and its area. */
export function hullOf(points) {
  const sorted = [...points].sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  const half = (ordered) => {
    const side = [];
    for (const point of ordered) {
      while (side.length > 1 && cross(minus(side.at(-1), side.at(-2)), minus(point, side.at(-1))) <= 0) side.pop();
      side.push(point);
    }
    return side.slice(0, -1);
  };
  const hull = [...half(sorted), ...half(sorted.reverse())];
  return { hull, area: hull.reduce((sum, point, at) => sum + cross(point, hull[(at + 1) % hull.length]), 0) / 2 };
}

/**
 * The convex polygon around this one that has four sides, found by dropping one side after the other, where that adds
 * least: its neighbours are prolonged until they meet. Null if there is none.
 */
export function fourSided(polygon) {
  let corners = polygon;
  while (corners.length > 4) {
    const count = corners.length;
    const tips = corners.map((start, at) => {
      const [before, end, after] = [corners[(at + count - 1) % count], corners[(at + 1) % count], corners[(at + 2) % count]];
      const far = cross(minus(end, start), minus(end, after)) / cross(minus(start, before), minus(end, after));
      const tip = [start[0] + far * (start[0] - before[0]), start[1] + far * (start[1] - before[1])];
      const added = cross(minus(tip, start), minus(end, start));
      return { tip, added: far > 0 && added > 0 ? added : Infinity };
    });
    const least = tips.reduce((best, { added }, at) => (added < tips[best].added ? at : best), 0);
    if (!Number.isFinite(tips[least].added)) return null;
    const rolled = [...corners.slice(least), ...corners.slice(0, least)];
    corners = [tips[least].tip, ...rolled.slice(2)];
  }
  return corners.length === 4 ? corners : null;
}

/** Which pixels lie within a polygon, its border too. */
export function insideOf(polygon, width, height) {
  const picture = plain(width, height, 255);
  fillPolygon(picture, polygon.map((corner) => corner.map(Math.trunc)));
  return maskOf(picture, (at) => picture.data[at] === 0);
}
