// From a question of the page to photos: the sketch is embedded, the gallery is searched, and the answer is put in words.

import { rasterise } from "../pictures/drawing.js";
import { pageWith } from "../pictures/opened.js";
import { prepareSketch } from "../pictures/preparation.js";
import { uprightDrawing } from "../pictures/slant.js";
import { calmNearest, hasNothingLike, moreLike, nearest, refined } from "../gallery/retriever.js";
import { ALIKE, HINT, MATCH, answerWith, newestFirst, nothing, thousands } from "./answers.js";
import { questionOf, wordsOf } from "./question.js";

/** What the encoder sees of the sketch of a question: grey levels, row by row. `glass` is the picture under its strokes. */
export function sketchOf({ canvas, drawing }, { max_slant: most, sketch_size: size }, glass = null) {
  if (glass) return prepareSketch(pageWith(glass, canvas, drawing), size, most).data;
  return rasterise(uprightDrawing(drawing, most), size).data;
}

/**
 * The answer to a question, with an encoder, in a gallery that it has embeddings of. `glassOf(canvas)` promises the picture
 * under the strokes, if there is one.
 */
export async function searched(asked, encoder, gallery, glassOf) {
  const question = questionOf(asked);
  const row = question.photo && gallery.rowOf(question.photo.photo, question.photo.digest);
  if (question.isBlank && row === null) return nothing(HINT, question.count);
  const start = performance.now();
  const query = question.isBlank ? null : await encoder.embedSketch(sketchOf(question, encoder.about, await glassOf(question.canvas)));
  const found = foundFor(question, query, row, gallery, encoder.about);
  const words = wordsOf(question.only);
  const photos = `${thousands(gallery.size)} ${gallery.size === 1 ? "photo" : "photos"}`;
  if (!found.length) return nothing(`None of the ${photos} is ${words}; choose something else.`, question.count);
  const milliseconds = Math.max(1, Math.round(performance.now() - start));
  const among = words ? `, ${words} alone,` : "";
  const beside = row === null ? "" : `, ${question.photo.weight >= 0 ? "with" : "away from"} the photo`;
  return answerWith(gallery, question.newest ? newestFirst(gallery, found) : found, {
    sentence: `Searched ${photos}${among} in ${milliseconds} ms${beside}`,
    measure: question.isBlank ? ALIKE : MATCH,
    unlike: row === null && hasNothingLike(gallery, query, question.only),
    grows: row === null && question.shown.length > 0,
    copies: question.only.copies,
  });
}

function foundFor({ isBlank, photo, shown, isMidStroke, count, only }, query, row, gallery, { margin, mid_stroke_margin: midStrokeMargin }) {
  if (isBlank) return moreLike(gallery, row, count, only);
  if (row !== null) return refined(gallery, query, row, photo.weight, count, only);
  if (shown.length) return calmNearest(gallery, query, shown, count, only, isMidStroke ? midStrokeMargin : margin);
  return nearest(gallery, query, count, only);
}

/** The photos most like one of the gallery, as the dialog asks for them. */
export function neighbours(asked, gallery) {
  const row = rowIn(gallery, asked);
  const sentence = `Most like “${gallery.photos[row].title}” among ${thousands(gallery.size)} photos. Keep drawing to go back.`;
  return answerWith(gallery, moreLike(gallery, row, asked.count, {}), { sentence, measure: ALIKE });
}

/** Where the photo is that is asked about. */
export function rowIn(gallery, { photo, digest }) {
  const row = gallery.rowOf(photo, digest);
  if (row === null) throw new Error("Expected a photo of the chosen gallery, found one that it does not have; search again.");
  return row;
}
