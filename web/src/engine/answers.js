// What the page is told: photos as plain data and sentences on them, as results.py, live_search.py and others write them.

const UNLIKE = "Nothing here looks like it; these come nearest.";
export const HINT = "Draw, or pick an example: photos appear here.";
export const MATCH = "match"; // what a score measures: of a photo and a drawing,
export const ALIKE = "alike"; // and of two photos
export const MOST_SHOWN = 20;

export const thousands = (count) => count.toLocaleString("en");

/** Photos, best first, and a line on the search; `found` is [[row, similarity], …]. */
export function answerWith(gallery, found, { sentence, measure = MATCH, unlike = false, grows = false, copies = false }) {
  return {
    photos: found.map(([row, similarity]) => described(gallery.photos[row], row, similarity, measure, copies)),
    places: 0,
    sentence: unlike && !grows ? `${UNLIKE} ${sentence}.` : sentence,
    unlike,
    grows,
  };
}

/** A sentence in place of photos, whose places stay. */
export function nothing(sentence, count) {
  return { photos: [], places: count, sentence };
}

function described({ first, times, group, ...photo }, row, similarity, measure, copies) {
  return {
    ...photo,
    photo: String(row),
    copies: String(copies ? 0 : times - 1),
    score: measure ? similarity.toFixed(4) : "",
    measure,
  };
}

/** The photos of a category, in the gallery's order. */
export function photosOf(gallery, category) {
  const rows = [...gallery.photos.keys()].filter((row) => gallery.photos[row].group === category);
  const found = rows.slice(0, MOST_SHOWN).map((row) => [row, 0]);
  return answerWith(gallery, found, { sentence: howMany(rows.length, category.replaceAll("_", " ")), measure: "", copies: true });
}

function howMany(count, name) {
  if (count === 0) return `There is no photo of ${name} in this gallery.`;
  const photos = `${thousands(count)} ${count === 1 ? "photo" : "photos"} of ${name} in this gallery`;
  return count <= MOST_SHOWN ? `${photos}.` : `${photos}, the first ${MOST_SHOWN} are shown.`;
}

/** Those with the newest files first; those without a date come last, in the order in which they were. */
export function newestFirst(gallery, found) {
  const dateOf = ([row]) => gallery.photos[row].date;
  return [...found].sort((one, other) => (dateOf(one) < dateOf(other) ? 1 : dateOf(one) > dateOf(other) ? -1 : 0));
}

/** What is said of a map: how much of the gallery is on it; map_view.py says the same. */
export function mapSentence(shown, searched) {
  const count = shown === searched ? `${thousands(searched)} ${searched === 1 ? "photo" : "photos"}` : `A sample of ${thousands(shown)} of ${thousands(searched)} photos`;
  return `${count}; similar photos sit side by side.`;
}
