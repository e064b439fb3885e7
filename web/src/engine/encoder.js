// An encoder: pixels in, embeddings out, as the graphs that zsbir/site/model.py writes compute them. `runtime` is
// onnxruntime-web, `load(file)` promises the bytes of one of the encoder's files, `graphics` is that of graphics.js if there
// is one.

import { WEIGHTS, openSession } from "./session.js";

export function makeEncoder({ about, runtime, load, graphics = null }) {
  const shapes = {
    sketches: [1, about.sketch_size, about.sketch_size],
    photos: [1, about.photo_size, about.photo_size, 3],
  };
  const sessions = {}; // by side, each made when it is first asked for
  const quick = {}; // those on the graphics processor, as long as it does well
  let weights = null;
  let last = Promise.resolve(); // one pass at a time: the runtime takes no second one

  async function open(side) {
    weights ??= load(WEIGHTS);
    const [graph, data] = await Promise.all([load(`${side}.onnx`), weights]);
    const session = await openSession(runtime, graph, data).catch((error) => {
      throw new Error(`The encoder can't run in this browser (${firstLine(error)}); reload the page, or try another browser.`);
    });
    const inTurn = (pixels) => {
      const run = last.then(() => session(pixels, shapes[side]));
      last = run.catch(() => {});
      return run;
    };
    graphics?.betterThan(inTurn, graph, data, shapes[side]).then((better) => (quick[side] = better)); // meanwhile it is asked
    return inTurn;
  }

  /** The session of a side; one that failed is tried anew. */
  function sessionOf(side) {
    sessions[side] ??= open(side).catch((error) => {
      delete sessions[side];
      weights = null;
      throw error;
    });
    return sessions[side];
  }

  async function pass(side, pixels) {
    const plain = await sessionOf(side);
    if (!quick[side]) return plain(pixels);
    return quick[side](pixels).catch(() => {
      quick[side] = null;
      return plain(pixels);
    });
  }

  return {
    about,
    /** Loads what sketches need. */
    ready: () => sessionOf("sketches").then(() => {}),
    /** The embedding of what the encoder sees of a sketch: `sketch_size` squared grey levels. */
    embedSketch: (pixels) => pass("sketches", pixels),
    /** The same of a photo: `photo_size` squared times three colours. */
    embedPhoto: (pixels) => pass("photos", pixels),
  };
}

const firstLine = (error) => String(error.message ?? error).split("\n")[0].slice(0, 200);
