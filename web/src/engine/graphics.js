// The graphics processor (WebGPU), which has a worker of its own: processors and their drivers differ, and one that fails,
// hangs or is lost takes nothing with it. It computes for the search only once it was tried out.

import Computing from "./graphics_worker.js?worker";

// How long it may take for one thing: it makes its programs at the first pass.
const [TRIAL_MS, PASS_MS] = [60_000, 10_000];
const LEAST_COSINE = 0.999; // to what WebAssembly computes
const LENGTH_ERROR = 0.01; // of embeddings, whose length is one
const TIMES = 3; // each is tried

/** Starts the worker; `changed(isUsed)` is called when it begins to compute for the search, and when it was given up. */
export function startGraphics(changed) {
  const worker = new Computing();
  const waiting = new Map(); // { resolve, reject } of a question, by its number
  let count = 0;
  let isGone = false;

  const gone = () => new Error("The graphics processor is not used any more.");

  function giveUp() {
    if (isGone) return;
    isGone = true;
    worker.terminate();
    for (const { reject } of waiting.values()) reject(gone());
    waiting.clear();
    changed(false);
  }

  worker.onerror = (event) => {
    event.preventDefault(); // or the page would take it for the end of the search itself
    giveUp();
  };
  worker.onmessage = ({ data: { id, answer } }) => {
    if (answer === null) return giveUp();
    waiting.get(id).resolve(answer);
    waiting.delete(id);
  };

  async function ask(question, patience) {
    if (isGone) throw gone();
    const id = (count += 1);
    const timer = setTimeout(giveUp, patience);
    try {
      return await new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, ...question });
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async function pass(question, patience) {
    const embedding = await ask(question, patience);
    if (Math.abs(lengthOf(embedding) - 1) < LENGTH_ERROR) return embedding;
    giveUp(); // as one that is about to be lost computes zeros
    throw gone();
  }

  return {
    /** What computes embeddings of pixels of a shape as `plain` does, and sooner; null if it does not. */
    async betterThan(plain, graph, data, dims) {
      try {
        const session = await ask({ graph, data }, TRIAL_MS);
        const isQuick = await isBetter((pixels) => pass({ session, pixels, dims }, TRIAL_MS), plain, lines(dims));
        if (!isQuick) throw gone();
        changed(true);
        return (pixels) => pass({ session, pixels, dims }, PASS_MS);
      } catch {
        giveUp();
        return null;
      }
    },
  };
}

async function isBetter(quick, plain, sample) {
  await quick(sample); // makes its programs
  const [expected, slowly] = await timed(() => plain(sample));
  const [embedding, quickly] = await timed(() => quick(sample));
  const cosine = embedding.reduce((sum, value, at) => sum + value * expected[at], 0) / (lengthOf(embedding) * lengthOf(expected));
  return cosine >= LEAST_COSINE && quickly < slowly;
}

/** Dark lines on white, in any shape. */
function lines(dims) {
  const pixels = new Uint8Array(dims.reduce((product, it) => product * it));
  return pixels.map((_, at) => (at % 17 < 3 || (at >> 9) % 5 === 0 ? 40 : 255));
}

/** What comes of some work, and how long it takes at its quickest, as others may be asking meanwhile. */
async function timed(work) {
  let [answer, least] = [null, Infinity];
  for (let time = 0; time < TIMES; time += 1) {
    const start = performance.now();
    answer = await work();
    least = Math.min(least, performance.now() - start);
  }
  return [answer, least];
}

const lengthOf = (embedding) => Math.sqrt(embedding.reduce((sum, value) => sum + value * value, 0));
