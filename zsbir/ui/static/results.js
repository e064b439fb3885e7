// The photos that the server finds: it is asked by a worker, so that nothing of it holds up the pen.

import { showFound } from "./found.js";
import { excuseOfServer } from "./out_of_reach.js";

/** Gradio's part: `element` is filled from results.html, `server` has the functions of photo_dialog.py. */
export function start({ element, props, server }) {
  showFound({ element, props, server, ask: makeAsking(), excuse: excuseOfServer });
}

/** A function that asks a question of the worker and promises the answer. */
function makeAsking() {
  const worker = new Worker(new URL("asking.js", import.meta.url), { type: "module" });
  const address = new URL("search", import.meta.url).href;
  return (question) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.lost ? reject(new Error(data.lost)) : resolve(data.answer));
      worker.onerror = () => reject(new Error("The worker that asks could not be started."));
      worker.postMessage({ address, question });
    });
}
