// What the page asks, read: the canvas as JSON, and which photos may be found. query.py and filters.py read the same.

import { drawingOf, isBlank } from "../pictures/drawing.js";

/** A question of the page; its drawing may be blank. `photo` is one beside it, { photo, digest, weight }, or null. */
export function questionOf({ drawing, count, copies, only }) {
  const canvas = drawing ? JSON.parse(drawing) : { width: 1, height: 1, strokes: [] };
  const { category = "", licence = "", newest = false } = only ?? {};
  return {
    canvas,
    drawing: drawingOf(canvas),
    isBlank: isBlank(drawingOf(canvas)) && !canvas.picture,
    photo: canvas.reference ?? null,
    shown: canvas.shown ?? [],
    isMidStroke: canvas.mid_stroke === true,
    count,
    only: { category, licence, copies },
    newest,
  };
}

/** What is chosen, for people; empty if nothing is. */
export function wordsOf({ category, licence }) {
  const words = [category && `of “${category.replaceAll("_", " ")}”`, licence && `under ${licence}`];
  return words.filter(Boolean).join(" and ");
}
