// Embeds drawings and searches for them in Node as the page's worker does, so that Python can compare:
// `node embed.js DATA < asked.json`. DATA is the data of a site; asked are canvases; out come their embeddings, and the
// rows of the five photos found first.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import * as runtime from "onnxruntime-web/wasm";

import { openData } from "./src/engine/data.js";
import { sketchOf } from "./src/engine/search.js";
import { nearest } from "./src/gallery/retriever.js";
import { drawingOf } from "./src/pictures/drawing.js";

globalThis.fetch = async (address) => new Response(readFileSync(address));
runtime.env.wasm.numThreads = 1;

const data = await openData(pathToFileURL(`${process.argv[2]}/`), { runtime });
const about = data.site.encoders[0];
const [encoder, gallery] = await Promise.all([data.encoder(about), data.gallery(data.site.galleries[0], about)]);
const found = [];
for (const canvas of JSON.parse(readFileSync(0, "utf-8"))) {
  const embedding = await encoder.embedSketch(sketchOf({ drawing: drawingOf(canvas) }, about));
  found.push({ embedding: [...embedding], rows: nearest(gallery, embedding, 5, {}).map(([row]) => row) });
}
process.stdout.write(JSON.stringify(found));
