import assert from "node:assert/strict";
import { test } from "node:test";

import { makeEncoder } from "../src/engine/encoder.js";

/** A runtime with one place for the files beside graphs, as onnxruntime-web has it; what it embeds is which weights it found. */
function runtimeWithOnePlace() {
  const place = new Map();
  const pause = () => new Promise((done) => setTimeout(done, 2));
  return {
    Tensor: class {},
    InferenceSession: {
      async create(graph, { externalData: [{ path, data }] }) {
        place.set(path, data);
        await pause();
        const found = place.get(path);
        place.clear();
        if (found === undefined || graph === "broken") throw new Error("no such graph");
        return { run: async () => ({ embeddings: { data: [graph, found] } }) };
      },
    },
  };
}

test("encoders that are opened at a time each get their own weights, and one that fails holds up no other", async () => {
  const runtime = runtimeWithOnePlace();
  const about = { sketch_size: 1, photo_size: 1 };
  const encoderOf = (name) => makeEncoder({ about, runtime, load: async (file) => (name === "broken" ? name : `${file} of ${name}`) });
  const [one, broken, other] = ["one", "broken", "other"].map(encoderOf);
  const asked = [one.embedSketch([]), broken.embedSketch([]), other.embedSketch([]), one.embedPhoto([]), other.embedPhoto([])];
  const [drawn, failed, drawnToo, seen, seenToo] = await Promise.allSettled(asked);
  assert.deepEqual(drawn.value, ["sketches.onnx of one", "weights.bin of one"]);
  assert.deepEqual(drawnToo.value, ["sketches.onnx of other", "weights.bin of other"]);
  assert.deepEqual(seen.value, ["photos.onnx of one", "weights.bin of one"]);
  assert.deepEqual(seenToo.value, ["photos.onnx of other", "weights.bin of other"]);
  assert.match(failed.reason.message, /can't run in this browser \(no such graph\)/);
});
