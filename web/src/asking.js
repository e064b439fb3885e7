// Asks the worker, as the other page asks its server.

import Computing from "./worker.js?worker";

/**
 * Starts the worker; returns what answers, by the names of its functions. `told(message)` is called with what it says of
 * itself.
 */
export function startAnswering(address, told) {
  const worker = new Computing();
  const waiting = new Map(); // what settles a question, by its number
  let count = 0;

  worker.onmessage = ({ data: { id, answer, ...message } }) => {
    if (id === undefined) told(message);
    else waiting.get(id)(answer);
    if (answer?.error) told({ isFailing: true });
    waiting.delete(id);
  };
  worker.onerror = () => {
    const error = "The search could not be started in this browser; reload the page.";
    for (const settle of waiting.values()) settle({ error });
    waiting.clear();
  };

  const ask = (name, asked) =>
    new Promise((settle) => {
      waiting.set((count += 1), settle);
      worker.postMessage({ id: count, address, name, asked });
    });
  return new Proxy({}, { get: (_, name) => (asked) => ask(name, asked) });
}
