// The example drawings: a strip of buttons, each of which puts its drawing on the page.

import { HEIGHT, WIDTH, checked, pathThrough } from "./strokes.js";

const SVG = "http://www.w3.org/2000/svg";

/** Fetches the examples and fills the strip; `draw` gets the strokes of the one that is chosen. */
export async function showExamples(strip, draw) {
  const answer = await fetch(new URL("examples.json", import.meta.url));
  const examples = await answer.json();
  strip.append(...examples.map((example) => button(example, draw)));
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

function picture(strokes) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", strokes.map(({ points }) => pathThrough(points)).join(""));
  svg.append(path);
  return svg;
}
