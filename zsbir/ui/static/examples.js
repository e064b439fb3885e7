// The drawings that the page has: examples, a strip of buttons each of which puts its drawing on the page, and surprises.

import { HEIGHT, WIDTH, checked, pathThrough } from "./strokes.js";

const SVG = "http://www.w3.org/2000/svg";

const lists = new Map(); // of drawings, by the names of their files; fetched once

/** The drawings of a file beside this one, each a `name` and `strokes`; none if it cannot be had. */
export async function drawingsIn(file) {
  if (!lists.get(file)) lists.set(file, await fetchList(file));
  return lists.get(file) ?? [];
}

async function fetchList(file) {
  try {
    const answer = await fetch(new URL(file, import.meta.url));
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined; // the next time it is tried again
  }
}

/** Fills the strip; `draw` gets the strokes of the one that is chosen. */
export async function showExamples(strip, draw) {
  strip.append(...(await drawingsIn("examples.json")).map((example) => button(example, draw)));
  makeOneStop(strip);
}

/** One tab stop for all of them: arrow keys go from one to the next, Home and End to the ends. */
function makeOneStop(strip) {
  const buttons = [...strip.children];
  let stop = buttons[0];

  function stopAt(next) {
    stop.tabIndex = -1;
    stop = next;
    stop.tabIndex = 0;
  }

  for (const it of buttons) it.tabIndex = -1;
  stopAt(stop);
  strip.addEventListener("focusin", ({ target }) => stopAt(target));
  strip.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = buttons.indexOf(stop);
    const row = buttons.filter((it) => it.offsetTop === stop.offsetTop).length;
    const steps = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - row, ArrowDown: at + row, Home: 0, End: buttons.length - 1 };
    const next = buttons[steps[event.key]];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}

function button({ name, strokes }, draw) {
  const it = document.createElement("button");
  it.type = "button";
  it.title = name;
  it.setAttribute("aria-label", `Example drawing: ${name}`);
  it.append(picture(strokes));
  it.addEventListener("click", () => draw(checked(strokes)));
  return it;
}

/** A small picture of strokes. */
export function picture(strokes) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", strokes.map(({ points }) => pathThrough(points)).join(""));
  svg.append(path);
  return svg;
}
