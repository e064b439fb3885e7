// What computes in the browser: onnxruntime-web, which is WebAssembly here, on as many threads as the page may have.

import script from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import program from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";

const MOST_THREADS = 4; // more are no faster for pictures this small

/** The runtime, and what it computes with, for people. */
export async function openRuntime() {
  if (typeof WebAssembly !== "object") {
    throw new Error("This browser has no WebAssembly, which the search needs; open the page in a newer browser.");
  }
  const runtime = await import("onnxruntime-web/wasm"); // it looks at WebAssembly at once
  const cores = navigator.hardwareConcurrency || 1;
  const threads = self.crossOriginIsolated ? Math.max(1, Math.min(MOST_THREADS, cores - 1)) : 1; // one is for the pen
  const address = (file) => new URL(file, self.location.href).href;
  Object.assign(runtime.env.wasm, { numThreads: threads, wasmPaths: { mjs: address(script), wasm: address(program) } });
  return { runtime, words: `WebAssembly, ${threads} ${threads === 1 ? "thread" : "threads"}` };
}
