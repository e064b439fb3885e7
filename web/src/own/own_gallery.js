// The gallery of the visitor's own photos, as each encoder searches it. Embeddings are read when an encoder first searches, and
// each is in memory once: as a row of the gallery.

import { Gallery } from "../gallery/gallery.js";

export const OWN = "Your photos"; // its name

/** Galleries of `photos`, by name, with the embeddings in a `store`. */
export function galleriesOf(photos, store) {
  const embeddings = new Map(); // by the folders of encoders, promises: of each photo its embedding, by name
  const galleries = new Map(); // by the same, promises, as long as no photo comes or goes

  function rowsOf(folder) {
    if (!embeddings.has(folder)) {
      const reading = store.embeddings(folder).then((all) => new Map(all.map(({ name, embedding }) => [name, embedding])));
      reading.catch(() => embeddings.delete(folder)); // it is tried anew
      embeddings.set(folder, reading);
    }
    return embeddings.get(folder);
  }

  async function made(about) {
    const rows = await rowsOf(about.folder);
    const known = [...photos.values()].filter(({ name, folders }) => folders.includes(about.folder) && rows.has(name));
    known.sort((one, other) => (one.name < other.name ? -1 : 1)); // so that rows are the same at the next visit
    const gallery = new Gallery({ name: OWN, photos: described(known), embeddings: new Float32Array(known.length * about.dim), dim: about.dim });
    for (const [row, { name }] of known.entries()) {
      gallery.embedding(row).set(rows.get(name));
      rows.set(name, gallery.embedding(row));
    }
    return gallery;
  }

  return {
    /** The gallery that an encoder searches now; photos that it has not embedded are left out. */
    of(about) {
      if (!galleries.has(about.folder)) {
        const making = made(about);
        making.catch(() => galleries.delete(about.folder));
        galleries.set(about.folder, making);
      }
      return galleries.get(about.folder);
    },
    /** Whether a gallery is the one that an encoder searches. */
    isCurrent: async (gallery, { folder }) => (await galleries.get(folder)) === gallery,
    /** A photo has come, or has one more embedding. */
    async put({ name }, folder, embedding) {
      (await rowsOf(folder)).set(name, embedding);
      galleries.clear();
    },
    /** Photos have gone. */
    forget() {
      galleries.clear();
      embeddings.clear(); // they are read anew
    },
  };
}

function described(photos) {
  const firsts = new Map();
  const times = new Map();
  for (const [row, { digest }] of photos.entries()) {
    if (!firsts.has(digest)) firsts.set(digest, row);
    times.set(digest, (times.get(digest) ?? 0) + 1);
  }
  return photos.map(({ name, digest, title, modified }) => ({
    name, digest, title, category: "", author: "", licence: "", source: name, group: "", url: "", small: "",
    date: modified > 1e11 ? new Date(modified).toISOString().slice(0, 19).replace("T", " ") : "",
    first: firsts.get(digest), times: times.get(digest),
  }));
}
