// The line on the search: what was found, or that the server is slow or gone.

import { waitedFor } from "./search.js";

const LOOKOUT_MS = 2_500; // after so long without an answer, and again: is the server there?
const PATIENCE_MS = 5_000; // after so long, and again, the visitor is told

/** Keeps the line; `report(sentence)` changes what it says while all is well. */
export function watchOver(line) {
  let found = line.textContent;
  let waiting = ""; // what is said in its place, if anything

  function show() {
    line.classList.toggle("zs-waiting", waiting !== "");
    const sentence = waiting || found;
    if (line.textContent !== sentence) line.textContent = sentence; // screen readers read every change
  }

  function sayWaiting(sentence) {
    waiting = sentence;
    show();
  }

  async function look() {
    const isLost = waitedFor() >= LOOKOUT_MS && !(await isReachable());
    const waited = waitedFor();
    const seconds = (Math.floor(waited / PATIENCE_MS) * PATIENCE_MS) / 1000;
    if (isLost && waited > 0) sayWaiting("The server cannot be reached. Your drawing is kept here; still trying …");
    else sayWaiting(seconds > 0 ? `The server has not answered for ${seconds} s; still waiting …` : "");
    setTimeout(look, LOOKOUT_MS);
  }

  setTimeout(look, LOOKOUT_MS);
  return {
    report(sentence) {
      found = sentence;
      if (waitedFor() < LOOKOUT_MS) waiting = "";
      show();
    },
  };
}

/** Whether the server is there, however busy. */
async function isReachable() {
  try {
    return (await fetch("gradio_api/app_id", { cache: "no-store", signal: AbortSignal.timeout(LOOKOUT_MS) })).ok;
  } catch (error) {
    return error.name === "TimeoutError";
  }
}
