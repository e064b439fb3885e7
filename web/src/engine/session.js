// One of an encoder's graphs, ready to run: a function from pixels and their shape to a promise of embeddings.

export const WEIGHTS = "weights.bin"; // what the graphs share

/** Opens a graph with the weights beside it; `processor` is "wasm", or "webgpu" where the runtime can use that. */
export async function openSession(runtime, graph, data, processor = "wasm") {
  const session = await runtime.InferenceSession.create(graph, {
    externalData: [{ path: WEIGHTS, data }],
    executionProviders: [processor],
  });
  return async (pixels, dims) => {
    const { embeddings } = await session.run({ pixels: new runtime.Tensor("uint8", pixels, dims) });
    return embeddings.data;
  };
}
