// "Surprise me": draws one of many drawings, and says whether photos of such a thing were found.

import { BLANK } from "./page.js";
import { drawingsIn } from "./examples.js";
import { checked } from "./strokes.js";
import { isAnswered } from "./search.js";
import { isAway } from "./journey.js";

const DRAWING_MS = 1_000; // from the first point to the last

/**
 * Wires the button. On `page` a drawing is put with `turnTo`, which can be undone; `send` searches for what is there so far,
 * `settle` for what stays; `isDrawing` says whether the visitor draws.
 */
export function offerSurprises(part, { page, turnTo, send, settle, isDrawing }) {
  const line = part.querySelector("p");
  let surprise = null; // the newest: its `name` and `strokes`
  let isUnderWay = false;

  async function surpriseOnce() {
    const others = (await drawingsIn("surprises.json")).filter(({ name }) => name !== surprise?.name);
    if (!others.length) {
      tell("The drawings could not be fetched; try again.");
      return;
    }
    const { name, strokes } = others[Math.floor(Math.random() * others.length)];
    surprise = { name, strokes: checked(strokes) };
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const begin = isUnderWay ? page.replace : turnTo; // half of another drawing need not be had back
    begin({ ...BLANK, strokes: isStill ? surprise.strokes : firstPoints(surprise.strokes, 1) });
    if (!isStill) await grow(surprise);
    tellFound();
  }

  /** Draws as a quick hand would, until the visitor does something else. */
  async function grow(drawn) {
    const total = drawn.strokes.reduce((sum, { points }) => sum + points.length, 0);
    const start = performance.now();
    isUnderWay = true;
    tellFound();
    for (let share = 0; share < 1; ) {
      const { revision } = page;
      share = Math.min(1, Math.max(0, (await nextFrame()) - start) / DRAWING_MS);
      if (surprise !== drawn) return; // another is under way
      if (page.revision !== revision || isDrawing()) break;
      page.replace({ ...BLANK, strokes: firstPoints(drawn.strokes, Math.max(1, Math.round(share * total))) });
      if (share < 1) send();
      else settle();
    }
    isUnderWay = false;
  }

  /** What is drawn; and which of the photos found for it shows such a thing. */
  function tellFound() {
    if (!surprise || isAway()) return; // photos that were not drawn for say nothing about it
    const { name, strokes } = surprise;
    const isCombined = document.querySelector(".zs-reference:not([hidden])") !== null; // not found for it alone
    if (isUnderWay) tell(`Drawn for you: ${name}`);
    else if (!page.now.strokes.some((stroke) => strokes.includes(stroke))) tell("");
    else if (isCombined) tell(`Drawn for you: ${name}`);
    else {
      const found = [...document.querySelectorAll("#zs-found .zs-photo[data-photo]")];
      const rank = found.findIndex(({ dataset }) => dataset.category === name) + 1;
      const isMissed = found.length > 0 && isAnswered();
      if (rank) tell(`Found: ${name} is photo ${rank}`, true);
      else tell(`Drawn for you: ${name}${isMissed ? ", not among these photos" : ""}`);
    }
  }

  function tell(sentence, isFound = false) {
    if (line.textContent !== sentence) line.textContent = sentence; // or it would be read out again
    line.classList.toggle("zs-success", isFound);
  }

  part.querySelector(".zs-surprise").addEventListener("click", surpriseOnce);
  document.addEventListener("zs-found", tellFound);
}

/** The first points of strokes; strokes that are whole stay themselves. */
function firstPoints(strokes, count) {
  const first = [];
  for (const stroke of strokes) {
    if (count <= 0) break;
    first.push(count >= stroke.points.length ? stroke : { ...stroke, points: stroke.points.slice(0, count) });
    count -= stroke.points.length;
  }
  return first;
}

const nextFrame = () => new Promise((done) => requestAnimationFrame(done));
