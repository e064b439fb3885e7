// How long own photos take to be indexed, in seconds, beside decoding and encoder alone: stretches of both in turn in one worker, so
// that whatever else the machine does meets both.

import { openData } from "../src/engine/data.js";
import { openRuntime } from "../src/engine/runtime.js";
import { openOwnPhotos } from "../src/own/own_photos.js";
import { preparePhoto } from "../src/pictures/photo.js";

const STRETCH = 5; // photos
const WORKING_SIDE = 1024; // copies.js has the same

self.addEventListener("message", async ({ data: { address, files } }) => {
  const { runtime } = await openRuntime();
  const data = await openData(address, { runtime });
  const about = data.site.encoders[0];
  const encoder = await data.encoder(about);
  const own = await openOwnPhotos(data.encoder, (progress) => self.postMessage({ progress }));
  const parts = Array.from({ length: Math.floor(files.length / STRETCH) }, (_, at) => files.slice(at * STRETCH, (at + 1) * STRETCH));
  const ways = [(part) => own.index(part.map((file) => ({ name: file.name, file })), about, false), (part) => alone(part, encoder)];
  for (const way of ways) await way(parts[0]); // warms up
  const stretches = [];
  for (const part of parts.slice(1)) stretches.push([await seconds(() => ways[0](part)), await seconds(() => ways[1](part))]);
  self.postMessage({ stretches });
});

async function seconds(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Decodes and embeds, and keeps nothing; one photo is decoded while another is embedded. */
async function alone(files, encoder) {
  let next = pixelsOf(files[0]);
  for (const at of files.keys()) {
    const picture = await next;
    next = at + 1 < files.length ? pixelsOf(files[at + 1]) : null;
    await encoder.embedPhoto(preparePhoto(picture, encoder.about.photo_size).data);
  }
}

async function pixelsOf(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, WORKING_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((it) => Math.max(1, Math.round(it * scale)));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return { width, height, data: context.getImageData(0, 0, width, height).data };
}
