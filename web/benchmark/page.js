// Hands the chosen photos to the worker that measures; what it says is left at `window.measured`.

import Measuring from "./worker.js?worker";

document.querySelector("input").addEventListener("change", ({ target }) => {
  const worker = new Measuring();
  worker.onmessage = ({ data }) => data.stretches && (window.measured = data.stretches);
  worker.postMessage({ address: new URL("data/", document.baseURI).href, files: [...target.files] });
});
