// How many photos are shown: a slider.

import { keepBeside } from "./order.js";
import { kept } from "./storage.js";
import { want } from "./search.js";

const COUNT = "zs-count"; // kept in the tab, like the drawing (see keep.js)

/** Gradio's part: `element` is filled from photo_count.html. */
export function start({ element }) {
  const slider = element.querySelector("input");

  function show() {
    element.querySelector("output").value = slider.value;
    want({ count: Number(slider.value) });
  }

  slider.addEventListener("input", () => {
    show();
    kept.setItem(COUNT, slider.value);
  });

  keepBeside(document.querySelector("#zs-found"), document.querySelector("#zs-count"));
  slider.value = kept.getItem(COUNT) ?? slider.value;
  show();
}
