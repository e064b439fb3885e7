// An encoder: pixels in, embeddings out, as the graphs that zsbir/site/model.py writes compute them. `runtime` is
// onnxruntime-web, `load(file)` promises the bytes of one of the encoder's files.

const WEIGHTS = "weights.bin";
let lastMade = Promise.resolve(); // the runtime finds weights by name: two sessions made at a time would share one's

/** Makes a session of a graph, after those that are being made. */
function madeInTurn(runtime, graph, data) {
  const made = lastMade.then(() => runtime.InferenceSession.create(graph, { externalData: [{ path: WEIGHTS, data }] }));
  lastMade = made.catch(() => {});
  return made;
}

export function makeEncoder({ about, runtime, load }) {
  const sessions = {}; // by side, each made when it is first asked for
  let weights = null;
  let last = Promise.resolve(); // one pass at a time: the runtime takes no second one

  async function open(side) {
    weights ??= load(WEIGHTS);
    const [graph, data] = await Promise.all([load(`${side}.onnx`), weights]);
    try {
      return await madeInTurn(runtime, graph, data);
    } catch (error) {
      throw new Error(`The encoder can't run in this browser (${firstLine(error)}); try another browser.`);
    }
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

  async function pass(side, pixels, dims) {
    const session = await sessionOf(side);
    const run = last.then(() => session.run({ pixels: new runtime.Tensor("uint8", pixels, dims) }));
    last = run.catch(() => {});
    const { embeddings } = await run;
    return embeddings.data;
  }

  return {
    about,
    /** Loads what sketches need. */
    ready: () => sessionOf("sketches").then(() => {}),
    /** The embedding of what the encoder sees of a sketch: `sketch_size` squared grey levels. */
    embedSketch: (pixels) => pass("sketches", pixels, [1, about.sketch_size, about.sketch_size]),
    /** The same of a photo: `photo_size` squared times three colours. */
    embedPhoto: (pixels) => pass("photos", pixels, [1, about.photo_size, about.photo_size, 3]),
  };
}

const firstLine = (error) => String(error.message ?? error).split("\n")[0].slice(0, 200);
