// What the encoder was trained on and what not: lists that are asked for when the panel is open. Each name leads to the
// photos that the gallery has of it, and to a drawing if the page has one.

import { drawingsIn, picture } from "./examples.js";
import { ask, go } from "./journey.js";
import { checked } from "./strokes.js";

/** Gradio's part: `element` is filled from categories.html, `server` has list_categories of categories.py. */
export function start({ element, server }) {
  const section = element.querySelector("details");
  const lists = element.querySelector(".zs-lists");
  const about = element.querySelector(".zs-about-category");
  const gallery = () => document.querySelector("#zs-gallery select")?.choice?.() ?? ""; // see gallery_choice.js
  let shown = null; // whose numbers are shown, or on their way
  let chosen = null; // the button of the category that `about` is about

  async function load() {
    const asked = gallery();
    if (!section.open || shown === asked) return;
    shown = asked;
    const answer = await server.list_categories({ gallery: asked }).catch(() => undefined);
    if (shown !== asked) return;
    choose(null);
    if (!answer || answer.error) {
      shown = null;
      lists.textContent = answer?.error ?? "The server did not answer; close this and open it again.";
      return;
    }
    element.querySelector(".zs-intro").textContent = answer.intro;
    const open = new Set([...lists.querySelectorAll("details[open]")].map(({ dataset }) => dataset.list)); // stays open
    lists.replaceChildren(...answer.groups.map((group) => listOf(group, open.has(group.title))));
  }

  // ---- What there is of a category

  /** Shows what there is below the row of the button; none hides it. */
  function choose(button) {
    chosen?.setAttribute("aria-expanded", "false");
    chosen = button;
    about.remove();
    if (!button) return;
    button.setAttribute("aria-expanded", "true");
    let last = button.closest("li");
    for (const { offsetTop } = last; last.nextElementSibling?.offsetTop === offsetTop; ) last = last.nextElementSibling;
    last.after(about);
  }

  async function tellAbout(button) {
    if (chosen === button) return choose(null);
    choose(button);
    tell("Looking …", null);
    const step = { category: button.dataset.category, gallery: gallery() };
    const [answer, drawing] = await Promise.all([ask(step), drawingOf(button.dataset.name)]);
    if (chosen !== button) return;
    const isHeld = answer.photos?.length > 0;
    const show = () => go(step, answer);
    if (isHeld) show();
    tell(answer.error ?? answer.sentence, drawing);
    for (const way of about.querySelectorAll(".zs-see, .zs-see-map")) way.hidden = !isHeld;
    about.querySelector(".zs-see").onclick = () => {
      show(); // again: meanwhile others may be there, as after "Draw it"
      bringIntoView(document.querySelector("#zs-found"));
    };
  }

  async function drawingOf(name) {
    const all = (await Promise.all(["examples.json", "surprises.json"].map(drawingsIn))).flat();
    return all.find((drawing) => named(drawing.name) === name) ?? null;
  }

  function tell(sentence, drawing) {
    about.querySelector("p").textContent = sentence;
    for (const way of about.querySelectorAll("button")) way.hidden = true;
    const draw = about.querySelector(".zs-draw");
    draw.hidden = drawing === null;
    if (!drawing) return;
    draw.querySelector("svg")?.remove();
    draw.prepend(picture(drawing.strokes));
    draw.onclick = () => {
      const canvas = document.querySelector("#zs-canvas canvas"); // see canvas.js
      canvas.put(checked(drawing.strokes));
      bringIntoView(canvas);
    };
  }

  lists.addEventListener("click", (event) => {
    const button = event.target.closest("li button");
    if (button && !about.contains(button)) tellAbout(button);
  });
  about.querySelector(".zs-see-map").addEventListener("click", () => {
    const map = document.querySelector("#zs-map details"); // see map.js
    map.open = true;
    bringIntoView(map);
  });
  section.addEventListener("toggle", load);
  document.addEventListener("zs-gallery", load);
  load(); // it may have been opened before this was here
}

const named = (category) => category.replaceAll("_", " ");

function bringIntoView(part) {
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  part.scrollIntoView({ behavior: isStill ? "auto" : "smooth", block: "nearest" });
}

function listOf({ title, summary, note, categories }, isOpen) {
  const list = document.createElement("details");
  list.dataset.list = title;
  list.open = isOpen;
  list.innerHTML = "<summary></summary><p></p><ul></ul>";
  list.querySelector("summary").textContent = summary;
  list.querySelector("p").textContent = note;
  list.querySelector("p").hidden = !note;
  list.querySelector("ul").append(...categories.map(chip));
  return list;
}

function chip({ category, name, photos }) {
  const item = document.createElement("li");
  item.innerHTML = '<button type="button" aria-expanded="false"><span></span></button>';
  const button = item.querySelector("button");
  Object.assign(button.dataset, { category, name });
  button.querySelector("span").textContent = name;
  if (!photos) return item;
  item.className = "zs-held";
  const count = document.createElement("b");
  count.innerHTML = `${photos}<span class="zs-unseen"> ${photos === 1 ? "photo" : "photos"} in this gallery</span>`;
  button.append(" ", count);
  return item;
}
