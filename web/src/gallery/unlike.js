// Tells drawings of which a gallery has nothing alike, by what known sketches get in it. unlike.py says how and why; what
// is known of each photo, `means` and `deviations`, and what a sketch gets at least that has something alike, `least`,
// were worked out when the site was built.

const BEST = 3; // photos that count: one alone may be alike by chance

/** Whether nothing in a gallery looks like what has these similarities to its photos. */
export function isUnlike(similarities, { means, deviations, least }) {
  const scores = similarities.map((similarity, row) => (similarity - means[row]) / deviations[row]);
  const best = scores.sort().slice(-BEST); // a Float32Array sorts by value
  return best.reduce((sum, score) => sum + score, 0) / best.length < least;
}
