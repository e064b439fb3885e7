// How many photos are shown: a slider. And whether copies of a picture are shown, where there are any: a switch.

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

  const every = element.querySelector(".zs-every");
  const isOn = () => every.ariaPressed === "true";
  every.addEventListener("click", () => {
    every.ariaPressed = String(!isOn());
    want({ copies: isOn() });
  });
  // Once it is there it stays while this gallery is searched, or the photos would move with every search.
  document.addEventListener("zs-found", () => {
    if (document.querySelector("#zs-found .zs-photo .zs-copies:not(:empty)")) every.hidden = false;
  });
  document.addEventListener("zs-gallery", () => (every.hidden = !isOn()));

  slider.addEventListener("input", () => {
    show();
    kept.setItem(COUNT, slider.value);
  });

  keepBeside(document.querySelector("#zs-found"), document.querySelector("#zs-count"));
  slider.value = kept.getItem(COUNT) ?? slider.value;
  show();
}
