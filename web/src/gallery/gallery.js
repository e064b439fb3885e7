// A gallery in memory: photos, their embeddings, and the rows most similar to a query.

/**
 * `photos` are as the page shows them (results.py), each with the number of the `first` photo that shows the same
 * picture, and how many `times` it is there; `embeddings` one row of `dim` numbers a photo.
 */
export class Gallery {
  constructor({ name, photos, embeddings, dim, unlike = null }) {
    Object.assign(this, { name, photos, embeddings, dim, unlike });
  }

  get size() {
    return this.photos.length;
  }

  embedding(row) {
    return this.embeddings.subarray(row * this.dim, (row + 1) * this.dim);
  }

  /** The similarity of a query to every photo. */
  similarities(query) {
    return products(this.embeddings, query, new Float32Array(this.size));
  }

  /** Where a photo is that was seen in a row, here or elsewhere; null if it is not to be found. */
  rowOf(row, digest) {
    if (this.photos[row]?.digest === digest) return row;
    const found = this.photos.findIndex((photo) => photo.digest === digest);
    return found < 0 ? null : found;
  }

  /**
   * The photos most similar to a query, best first, ties in order of rows: [[row, similarity], …]. A picture that is
   * there several times takes one place, that of its first photo, unless `only.copies`.
   */
  search(query, count, only = {}) {
    const similarities = this.similarities(query);
    const rows = [...similarities.keys()].filter((row) => fits(this.photos[row], only));
    rows.sort((one, other) => similarities[other] - similarities[one] || one - other);
    if (only.copies) return rows.slice(0, count).map((row) => [row, similarities[row]]);
    const isWhole = !only.category && !only.licence; // else the first photo may be one that was not asked for
    const found = new Map();
    for (const row of rows) {
      if (found.size === count) break;
      const { first } = this.photos[row];
      if (!found.has(first)) found.set(first, [isWhole ? first : row, similarities[row]]);
    }
    return [...found.values()];
  }
}

/** Whether a photo is one of those that may be found. */
export function fits(photo, { category, licence }) {
  return (!category || photo.group === category) && (!licence || photo.licence === licence);
}

/** The inner product of a row that begins `at` a place, and a query. */
export function dot(embeddings, at, query) {
  let sum = 0;
  for (let axis = 0; axis < query.length; axis += 1) sum += embeddings[at + axis] * query[axis];
  return sum;
}

/** The inner products of a query and all rows, into `found`: four rows at a time, which takes two thirds of the time. */
export function products(embeddings, query, found) {
  const dim = query.length;
  let row = 0;
  for (; row + 3 < found.length; row += 4) {
    const [first, second, third, fourth] = [row * dim, (row + 1) * dim, (row + 2) * dim, (row + 3) * dim];
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let axis = 0; axis < dim; axis += 1) {
      const value = query[axis];
      a += embeddings[first + axis] * value;
      b += embeddings[second + axis] * value;
      c += embeddings[third + axis] * value;
      d += embeddings[fourth + axis] * value;
    }
    found[row] = a;
    found[row + 1] = b;
    found[row + 2] = c;
    found[row + 3] = d;
  }
  for (; row < found.length; row += 1) found[row] = dot(embeddings, row * dim, query);
  return found;
}
