// What computes in the browser: onnxruntime-web, which is WebAssembly on as many threads as the page may have. Where there
// is a graphics processor, its other build is loaded, which can use that too (see graphics.js) and is a little larger.

import plainScript from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import plainProgram from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import script from "onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url";
import program from "onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url";

const MOST_THREADS = 4; // more are no faster for pictures this small

/** The runtime and the addresses of its files, whether there is a graphics processor, and what it computes with, for people. */
export async function openRuntime() {
  if (typeof WebAssembly !== "object") {
    throw new Error("This browser has no WebAssembly, which the search needs; open the page in a newer browser.");
  }
  const cores = navigator.hardwareConcurrency || 1;
  const threads = self.crossOriginIsolated ? Math.max(1, Math.min(MOST_THREADS, cores - 1)) : 1; // one is for the pen
  const hasGraphics = await isThereGraphics();
  const runtime = await openBuild(hasGraphics, threads);
  const { mjs, wasm } = runtime.env.wasm.wasmPaths;
  return { runtime, files: [mjs, wasm], hasGraphics, words: `WebAssembly, ${threads} ${threads === 1 ? "thread" : "threads"}` };
}

/** A processor that the runtime can use. One made of software is none; and not all browsers know how to wait for one. */
async function isThereGraphics() {
  if (!navigator.gpu || !WebAssembly.Suspending) return false;
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  return adapter !== null && !adapter.info?.isFallbackAdapter;
}

/** One of the two builds. It looks at WebAssembly at once, so nothing of it is loaded before that is known to be there. */
export async function openBuild(forGraphics, threads) {
  const runtime = await (forGraphics ? import("onnxruntime-web/jspi") : import("onnxruntime-web/wasm"));
  const [mjs, wasm] = (forGraphics ? [script, program] : [plainScript, plainProgram]).map((file) => new URL(file, self.location.href).href);
  Object.assign(runtime.env.wasm, { numThreads: threads, wasmPaths: { mjs, wasm } });
  return runtime;
}
