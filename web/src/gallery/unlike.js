// Tells drawings of which a gallery has nothing alike, by what known sketches get in it. unlike.py says how and why. What
// is known of each photo are `means` and `deviations`, and `least` is what a sketch gets at least that has something alike;
// of the site's galleries they were worked out when it was built.

import { products } from "./gallery.js";

export const MOST = 100_000; // photos; these and what follows as unlike.py has them
const BEST = 3; // photos that count: one alone may be alike by chance
const SHARE = 0.3; // of the known sketches, which get less than what counts as alike
const FLAT = 1e-6; // standard deviation of a photo that says nothing

/** Whether nothing in a gallery looks like what has these similarities to its photos. */
export function isUnlike(similarities, { means, deviations, least }) {
  const scores = similarities.map((similarity, row) => (similarity - means[row]) / deviations[row]);
  const best = scores.sort().slice(-BEST); // a Float32Array sorts by value
  return best.reduce((sum, score) => sum + score, 0) / best.length < least;
}

/** What the `known` sketches get in a gallery; both are rows of `dim` numbers of unit length. `told(share)` says how far it is. */
export function unlikeOf({ known, embeddings, dim }, told = () => {}) {
  const [photos, sketches] = [embeddings.length / dim, known.length / dim];
  const [means, deviations] = [new Float32Array(photos), new Float32Array(photos)];
  const best = new Float32Array(sketches * BEST).fill(-Infinity); // of each sketch, ascending
  const got = new Float32Array(sketches);
  for (let photo = 0; photo < photos; photo += 1) {
    if (photo % 100 === 0) told(photo / photos);
    products(known, embeddings.subarray(photo * dim, (photo + 1) * dim), got);
    const mean = got.reduce((sum, it) => sum + it, 0) / sketches;
    const variance = got.reduce((sum, it) => sum + (it - mean) ** 2, 0) / sketches;
    means[photo] = mean;
    deviations[photo] = Math.max(Math.sqrt(variance), FLAT);
    for (let sketch = 0; sketch < sketches; sketch += 1) {
      keepBest(best, sketch * BEST, (got[sketch] - means[photo]) / deviations[photo]);
    }
  }
  const counted = Math.min(BEST, photos);
  const likeness = Float32Array.from(got, (_, sketch) => {
    let sum = 0;
    for (let place = BEST - counted; place < BEST; place += 1) sum += best[sketch * BEST + place];
    return sum / counted;
  });
  return { means, deviations, least: quantile(likeness.sort(), SHARE) };
}

/** Puts a score among the best, if it is one: those from a place on, ascending. */
function keepBest(best, at, score) {
  if (!(score > best[at])) return;
  let place = at;
  for (; place + 1 < at + BEST && best[place + 1] < score; place += 1) best[place] = best[place + 1];
  best[place] = score;
}

/** Of ascending numbers, between the two that are nearest to it. */
function quantile(sorted, share) {
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place - Math.floor(place));
}
