// From the embedding of a drawing, or from a photo, to ranked photos: what retriever.py and searching.py do.

import { calmOrder } from "./calm.js";
import { dot, fits } from "./gallery.js";
import { isUnlike } from "./unlike.js";

/** The photos most similar to a drawing: [[row, similarity], …]. */
export const nearest = (gallery, query, count, only) => gallery.search(query, count, only);

/** The same for a drawing that has grown: of the photos `shown` for it, { photo, digest }, those stay that may. */
export function calmNearest(gallery, query, shown, count, only, margin) {
  const here = [...new Set(shown.filter(({ photo, digest }) => isStillHere(gallery, photo, digest)).map(({ photo }) => photo))];
  const staying = here.filter((row) => (only.copies || gallery.photos[row].first === row) && fits(gallery.photos[row], only));
  const similarity = new Map(gallery.search(query, count, only)); // others are not worth a place
  for (const row of staying) if (!similarity.has(row)) similarity.set(row, dot(gallery.embeddings, row * gallery.dim, query));
  const candidates = [...similarity.keys()].sort((one, other) => similarity.get(other) - similarity.get(one) || one - other);
  const places = calmOrder(
    candidates.map((row) => similarity.get(row)),
    staying.map((row) => candidates.indexOf(row)),
    count,
    margin,
  );
  return places.map((place) => [candidates[place], similarity.get(candidates[place])]);
}

/** The photos most similar to a photo of the gallery, without itself. */
export function moreLike(gallery, row, count, only) {
  const itself = only.copies ? row : gallery.photos[row].first;
  const found = gallery.search(gallery.embedding(row), count + 1, only);
  return found.filter(([other]) => other !== itself).slice(0, count);
}

/**
 * The photos most similar to a drawing and to a photo, or unlike that one where `weight` is below 0. The embeddings are
 * mixed; the similarities are those of the drawing alone, or they would leave its scale for that of two photos.
 */
export function refined(gallery, query, row, weight, count, only) {
  const photo = gallery.embedding(row);
  const mixed = query.map((value, axis) => (1 - Math.abs(weight)) * value + weight * photo[axis]);
  const length = Math.max(Math.hypot(...mixed), 1e-6);
  const found = gallery.search(mixed.map((value) => value / length), count, only);
  return found.map(([other]) => [other, dot(gallery.embeddings, other * gallery.dim, query)]);
}

/** Whether nothing looks like the drawing; of a part of the gallery, and of one that cannot tell, that is not known. */
export function hasNothingLike(gallery, query, only) {
  if (!gallery.unlike || only.category || only.licence) return false;
  return isUnlike(gallery.similarities(query), gallery.unlike);
}

const isStillHere = (gallery, row, digest) => gallery.photos[row]?.digest === digest;
