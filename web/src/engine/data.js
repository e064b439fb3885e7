// What the site was built with (zsbir/site/data.py): its encoders and galleries, each fetched when it is first asked for.

import { Gallery } from "../gallery/gallery.js";
import { makeEncoder } from "./encoder.js";
import { fetched, fetchedJson } from "./files.js";
import { singles } from "./halves.js";

const FORMAT_VERSION = 3; // of site.json; data.py has the same
const KNOWN = "known.embeddings"; // of an encoder's files, see data.py

/**
 * Opens the data at an address. `runtime` is onnxruntime-web, `graphics` that of graphics.js if there is one;
 * `tell(loaded, total)` is called as an encoder comes, in bytes.
 */
export async function openData(address, { runtime, graphics }, tell = () => {}) {
  const site = await fetchedJson(new URL("site.json", address));
  if (site.format_version !== FORMAT_VERSION) {
    throw new Error(`The data of this site are of format ${site.format_version}, this page reads ${FORMAT_VERSION}; reload the page, or build the site again.`);
  }
  const made = new Map(); // by what it is

  /** What `make` promises, asked for once; if that fails, it is tried anew. */
  function once(key, make) {
    if (!made.has(key)) {
      const making = make().catch((error) => {
        made.delete(key);
        throw error;
      });
      made.set(key, making);
    }
    return made.get(key);
  }

  const at = (...parts) => new URL(`./${parts.join("/")}`, address); // here, whatever host they name

  /** An encoder, by what the site says about it. */
  function encoder(about) {
    return once(`encoder ${about.name}`, async () => {
      const loaded = {};
      const total = about.files["sketches.onnx"] + about.files["weights.bin"];
      const load = (file) =>
        fetched(at(about.folder, file), about.files[file], (bytes) => {
          loaded[file] = bytes;
          tell(Object.values(loaded).reduce((sum, it) => sum + it, 0), total);
        });
      return makeEncoder({ about, runtime, load, graphics });
    });
  }

  /** The embeddings of the sketches that an encoder knows from training; there may be none. */
  function knownSketches({ folder, files }) {
    return once(`known ${folder}`, async () => (files[KNOWN] ? singles(await fetched(at(folder, KNOWN), files[KNOWN])) : new Float32Array()));
  }

  /** What was made of a gallery for an encoder: the names of files. */
  function madeOf(about, { name, checkpoint }) {
    const files = about.by_encoder[name];
    if (files?.checkpoint === checkpoint) return files;
    throw new Error(`“${about.name}” was embedded by another checkpoint than “${name}” is; build the site again.`);
  }

  /** A gallery with its embeddings of an encoder. */
  function gallery(about, encoder) {
    const { name, dim } = encoder;
    return once(`gallery ${about.name} ${name}`, async () => {
      const { embeddings, unlike } = madeOf(about, encoder);
      const [photos, rows, known] = await Promise.all([
        once(`photos ${about.name}`, () => fetchedJson(at(about.folder, "photos.json"), (said) => arePhotos(said, about.count))),
        fetched(at(about.folder, embeddings), 2 * about.count * dim),
        unlike && fetched(at(about.folder, unlike.file), 8 * about.count),
      ]);
      return new Gallery({
        name: about.name,
        photos,
        embeddings: singles(rows),
        dim,
        unlike: known && { ...halvesOf(new Float32Array(known.buffer)), least: unlike.least },
      });
    });
  }

  /** One of the files of JSON that were made of a gallery for an encoder, "map" or "categories". */
  const described = async (about, encoder, kind) => fetchedJson(at(about.folder, madeOf(about, encoder)[kind]));

  return { site, encoder, knownSketches, gallery, described };
}

/** Whether it is as many photos as the embeddings are of. */
const arePhotos = (said, count) => Array.isArray(said) && said.length === count && said.every((photo) => typeof photo?.url === "string");

/** Means and deviations: one after the other in their file. */
function halvesOf(numbers) {
  const count = numbers.length / 2;
  return { means: numbers.subarray(0, count), deviations: numbers.subarray(count) };
}
