// One of an encoder's graphs, ready to run: a function from pixels and their shape to a promise of embeddings.

export const WEIGHTS = "weights.bin"; // what the graphs share
let lastMade = Promise.resolve(); // the runtime finds weights by name: two sessions made at a time would share one's

/** Opens a graph with the weights beside it; `processor` is "wasm", or "webgpu" where the runtime can use that. */
export async function openSession(runtime, graph, data, processor = "wasm") {
  const options = { externalData: [{ path: WEIGHTS, data }], executionProviders: [processor] };
  const made = lastMade.then(() => runtime.InferenceSession.create(graph, options));
  lastMade = made.catch(() => {});
  const session = await made;
  return async (pixels, dims) => {
    const { embeddings } = await session.run({ pixels: new runtime.Tensor("uint8", pixels, dims) });
    return embeddings.data;
  };
}
