// A page for `python -m benchmarks.site_visit`, made of the site's own modules and in its way; no part of a site.

import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  publicDir: false,
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "import"] },
  worker: { format: "es" },
  build: { outDir: process.env.ZSBIR_OUT, emptyOutDir: true, target: "es2022", assetsInlineLimit: 0 },
  logLevel: "warn",
});
