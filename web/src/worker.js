// The worker in which everything is computed, so that nothing holds up the pen. Messages are { id, name, asked }, the ones
// back { id, answer }, where what went wrong is an `error` of one sentence; and others as an encoder or own photos come.

import { keepLoaded } from "./engine/files.js";
import { startGraphics } from "./engine/graphics.js";
import { openRuntime } from "./engine/runtime.js";
import { openSite } from "./engine/site.js";

let opening = null;

/** The site, opened once; what failed is tried anew with the next question. */
function site(address) {
  opening ??= (async () => {
    const { runtime, files, hasGraphics, words } = await openRuntime();
    self.postMessage({ words });
    const changed = (isUsed) => self.postMessage({ words: isUsed ? "the graphics processor (WebGPU)" : words });
    const graphics = hasGraphics ? startGraphics(changed) : null;
    const opened = await openSite(address, { runtime, graphics }, (message) => self.postMessage(message));
    return { ...opened, warm: () => opened.warm().then((answer) => keepLoaded(files).then(() => answer)) };
  })().catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

self.addEventListener("message", async ({ data: { id, address, name, asked } }) => {
  try {
    const answer = await (await site(address))[name](asked);
    self.postMessage({ id, answer: answer ?? {} });
  } catch (error) {
    self.postMessage({ id, answer: { error: sentenceOf(error) } });
  }
});

/** What is thrown on purpose is a sentence; anything else is our fault. */
function sentenceOf(error) {
  if (error?.constructor === Error) return error.message;
  console.error(error);
  const isMemory = error instanceof RangeError && /memory|allocation/i.test(error.message);
  if (isMemory) return "There is too little memory for this; close other pages and try again.";
  return "That failed in this browser; reload the page and try again.";
}
