// The page without a server, from the parts of the page with one: their html is put together at build time, their styles
// and scripts are bundled. `python -m zsbir.site build` says what stands in the html (PROPS) and where it goes (OUT).

import { resolve } from "node:path";
import { defineConfig } from "vite";

import { composed } from "./compose.js";

const UI = resolve(import.meta.dirname, "../zsbir/ui");

export default defineConfig({
  root: import.meta.dirname,
  base: "./", // it may lie in any folder of a host
  publicDir: false,
  plugins: [composed(UI, JSON.parse(process.env.ZSBIR_PROPS ?? "{}"))],
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "import"] },
  worker: { format: "es" },
  build: {
    outDir: process.env.ZSBIR_OUT ?? "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // a policy that forbids scripts in the page forbids them as data, too
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
  },
  logLevel: "warn",
});
