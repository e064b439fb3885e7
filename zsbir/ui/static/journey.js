// The way from the drawing's photos to others, such as those like a photo, and on; each step leads back, by the page's
// button, by Escape or by the browser's own. The browser keeps with its entries which step each is, so that a reload finds
// it; the photos of a step are kept here, so that they come back as they were.

import { answerOf } from "./answer.js";
import { forget, isAnswered, want } from "./search.js";

const OURS = "zsbir"; // our part of the state of the browser's entries, beside which others may have theirs
const DRAWING = { id: null, step: null, depth: 0 }; // an entry that says nothing: the photos for the drawing
const ACTS = ["pointerdown", "keydown", "input", "drop"]; // what a visitor does

const answers = new Map(); // by the ids of their steps
const opened = new Map(); // photos by the ids of their dialogs
let ids = 0;
let current = null; // id of the step that is shown; null: the photos for the drawing
let drawn = null; // the newest answer for the drawing, if it still counts
let untouched = true; // the visitor has done nothing yet: then a step that was reloaded stays
let asked = null; // how many photos of the step that is shown are asked for; null: none are
let isLeaving = false; // the entry of a dialog that was closed is about to go
let parts = null; // { button, dialog, show, ask } of the page

const entry = () => history.state?.[OURS] ?? DRAWING;
const change = (ours) => history.replaceState({ ...history.state, [OURS]: ours }, "");
const add = (ours) => history.pushState({ [OURS]: ours }, "");
const newId = () => `${Math.floor(performance.timeOrigin)}-${(ids += 1)}`; // none of before a reload
const gallery = () => document.querySelector("#zs-gallery select")?.choice?.(); // see gallery_choice.js

/**
 * Takes the parts of the page: `button` leads back, `dialog` is that of photos, `show(answer)` shows photos, `ask(step)`
 * promises the answer of a step that is not kept here.
 */
export function beginJourney(given) {
  parts = given;
  parts.button.addEventListener("click", back);
  parts.dialog.addEventListener("close", leaveDialog);
  document.addEventListener("keydown", (event) => {
    const isElsewhere = event.defaultPrevented || document.querySelector("dialog[open], .zs-save[open]") !== null;
    if (event.key === "Escape" && isAway() && !isElsewhere && !event.target.closest?.("input, select, textarea")) back();
  });
  document.addEventListener("input", ({ target }) => {
    if (target.matches?.("#zs-count input") && isAway()) recount(Number(target.value)); // photo_count.js has wished already
  });
  for (const act of ACTS) window.addEventListener(act, () => (untouched = false), { capture: true, once: true });
  window.addEventListener("popstate", follow);
  if (entry().dialog) history.back(); // no dialog is open after a reload
  else if (entry().step) arrive(entry());
}

/** Whether other photos are shown than those for the drawing. */
export const isAway = () => current !== null;

/**
 * Shows photos that were not drawn for. `step` says which, so that they can be asked for again: its `gallery`, and a
 * `photo`, its `digest` and how many like it, or a `category`. One category after another is one step.
 */
export function go(step, answer) {
  const { dialog, depth, step: before } = entry();
  const takesPlace = dialog !== undefined || (step.category !== undefined && before?.category !== undefined);
  const ours = { id: newId(), step, depth: takesPlace ? depth : depth + 1 };
  answers.set(ours.id, answer);
  if (takesPlace) change(ours);
  else add(ours);
  arrive(ours);
}

/** The answer of a step, which may be an error in one sentence. */
export const ask = (step) => answerOf(parts.ask(step));

/** Takes an answer for the drawing and says whether it is to be shown: the journey ends when the visitor draws on. */
export function arrivedFor(answer) {
  drawn = answer;
  if (isAway() && untouched) return false;
  if (isAway()) change({ ...entry(), id: null, step: null });
  setCurrent(null);
  return true;
}

/** What was found for the drawing does not count any more: on the way back it is searched for anew. */
export function searchOnTheWayBack() {
  drawn = null;
}

/** Asks for what is shown once more, in the gallery and by the encoder chosen now; for the drawing, on the way back. */
export async function askAgain() {
  drawn = null;
  const [id, step] = [current, { ...entry().step, gallery: gallery() }];
  const answer = await ask(step);
  if (current !== id || answer.error) return;
  answers.set(id, answer);
  change({ ...entry(), step });
  showStep(answer);
}

// ---- Back and forth

function back() {
  const { id, depth } = entry();
  if (id === current && depth > 0) history.back();
  else arrive(DRAWING);
}

/** Does as the browser's entry says, after one of its steps back or forth. */
function follow() {
  const here = entry();
  if (isLeaving) {
    isLeaving = false;
    if (here.id !== current) change({ ...here, id: null, step: null }); // meanwhile the visitor drew on
    if (parts.dialog.open) addDialog(parts.dialog.photo()); // or opened another photo
    return;
  }
  if (opened.has(here.dialog)) parts.dialog.showPhoto(opened.get(here.dialog));
  else {
    if (here.dialog) change({ ...here, dialog: undefined }); // of before a reload
    if (parts.dialog.open) parts.dialog.close();
  }
  if (here.id !== current) arrive(here);
}

async function arrive({ id, step }) {
  const isOfHere = step !== null && (untouched || step.gallery === gallery());
  setCurrent(isOfHere ? id : null);
  if (!isOfHere) {
    if (drawn && isAnswered()) parts.show(drawn);
    else want({});
    return;
  }
  if (!answers.has(id)) {
    const answer = await ask(step);
    if (current !== id) return; // gone on
    if (answer.error) {
      arrive(DRAWING);
      return;
    }
    answers.set(id, answer);
  }
  showStep(answers.get(id));
}

/** Shows photos that were not drawn for. An answer for the drawing that is on its way is forgotten, so the last one is old. */
function showStep(answer) {
  if (!isAnswered()) drawn = null;
  parts.show(answer);
}

/** Shows more or fewer photos of the same step; those of a category are all there. */
async function recount(count) {
  forget(); // the same number for the drawing, which is for the way back
  drawn = null;
  const [isAsking, id, { step }] = [asked !== null, current, entry()];
  asked = step.category === undefined ? count : null;
  if (isAsking) return;
  for (let had = null; asked !== had && current === id; ) {
    had = asked;
    const answer = await ask({ ...step, count: had });
    if (current !== id || answer.error) break;
    answers.set(id, answer);
    change({ ...entry(), step: { ...step, count: had } });
    showStep(answer);
  }
  asked = null;
}

function setCurrent(id) {
  current = id;
  if (id === null && document.activeElement === parts.button) {
    document.querySelector("#zs-found .zs-photo a")?.focus({ preventScroll: true });
  }
  if (parts.button.hidden !== (id === null)) parts.button.hidden = id === null;
}

// ---- The dialog has an entry of its own: the browser's way back closes it, and does not leave the page

/** A photo was opened in the dialog, by the visitor or by the browser's way forth. */
export function openedDialog(photo) {
  if (!entry().dialog && !isLeaving) addDialog(photo);
}

function addDialog(photo) {
  const { id, step, depth } = entry();
  const dialog = newId();
  opened.set(dialog, photo);
  add({ id, step, depth: depth + 1, dialog });
}

function leaveDialog() {
  if (!entry().dialog) return; // the browser's way back closed it, or it led on
  isLeaving = true;
  history.back();
}
