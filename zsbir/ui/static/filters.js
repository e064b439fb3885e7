// Which photos may be found, and in which order they are shown: choosers of category, licence and order.

import { answerOf } from "./answer.js";
import { keepBeside } from "./order.js";
import { want } from "./search.js";

/** Gradio's part: `element` is filled from filters.html, `server` has the functions of filters.py. */
export function start({ element, server }) {
  const find = (name) => element.querySelector(`.zs-${name}`);
  const [category, licence, order] = ["category", "licence", "order"].map(find);
  const gallery = () => document.querySelector("#zs-gallery select")?.choice?.() ?? ""; // see gallery_choice.js
  let asked = 0;

  function choose() {
    const only = { category: category.value, licence: licence.value, newest: order.value === "newest" };
    for (const select of [category, licence, order]) select.classList.toggle("zs-on", select.value !== "");
    want({ only });
  }

  /** Offers what there is, where it is more than one; keeps what is chosen, as long as it is there. */
  function offer(select, all, counted) {
    const before = select.value;
    const options = counted.map(([text, count]) => new Option(`${text.replaceAll("_", " ")} (${count.toLocaleString("en")})`, text));
    select.replaceChildren(new Option(all, ""), ...options);
    select.value = counted.some(([text]) => text === before) ? before : "";
    select.parentElement.hidden = counted.length < 2 && !select.value;
    return select.value !== before;
  }

  async function load() {
    const mine = ++asked;
    const answer = await answerOf(server.list_choices({ gallery: gallery() }));
    if (mine !== asked || answer.error) return; // they stay as they were; the next gallery is asked again
    const gone = [offer(category, "All categories", answer.categories), offer(licence, "All licences", answer.licences)];
    order.parentElement.hidden = !answer.dated;
    const isUndated = !answer.dated && order.value !== "";
    if (isUndated) order.value = "";
    if (isUndated || gone.includes(true)) choose();
  }

  for (const select of [category, licence, order]) select.addEventListener("change", choose);
  document.addEventListener("zs-gallery", load);
  keepBeside(document.querySelector("#zs-found"), document.querySelector("#zs-filters"), 1);
  load();
}
