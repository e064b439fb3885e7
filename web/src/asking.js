// Asks the worker, as the other page asks its server.

import Computing from "./worker.js?worker";

/**
 * Starts the worker; returns what answers, by the names of its functions. `told(message)` is called with what it says of
 * itself.
 */
export function startAnswering(address, told) {
  const waiting = new Map(); // what settles a question, by its number
  let worker = null; // one that fails is dropped: the next question starts another
  let hasBegun = false; // whether it has said anything
  let count = 0;

  function begin() {
    hasBegun = false;
    worker = new Computing();
    worker.onmessage = ({ data: { id, answer, ...message } }) => {
      hasBegun = true;
      if (id === undefined) told(message);
      else waiting.get(id)(answer);
      if (answer?.error) told({ isFailing: true });
      waiting.delete(id);
    };
    worker.onerror = fail;
  }

  function fail() {
    worker?.terminate();
    worker = null;
    const trouble = hasBegun ? "The search stopped in this browser; try again, or" : "The search could not be started in this browser;";
    const error = `${trouble} reload the page.`;
    for (const settle of waiting.values()) settle({ error });
    waiting.clear();
    told({ isFailing: true });
  }

  const ask = (name, asked) =>
    new Promise((settle) => {
      waiting.set((count += 1), settle);
      try {
        if (!worker) begin();
        worker.postMessage({ id: count, address, name, asked });
      } catch {
        fail(); // as where workers are refused
      }
    });
  return new Proxy({}, { get: (_, name) => (asked) => ask(name, asked) });
}
