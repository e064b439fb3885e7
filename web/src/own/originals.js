// Which files of a folder are no photos of the visitor's but what this project made of them: galleries and sites that lie in
// it, the copies of a gallery that was built in the very folder, and small copies anywhere. finding.py passes over the same.

const COPY = /^[0-9a-f]{32}\.jpg$/; // see copies.py
const SMALL_COPY = /^[0-9a-f]{32}\.[0-9]+px\.jpg$/;

/** The files, each with the way to it as its `name`, without those; `skip(sentence)` is called of each gallery and site. */
export function originals(files, skip) {
  const names = new Set(files.map(({ name }) => name));
  const has = (folder, name) => names.has(`${folder}/${name}`);
  const isGallery = (folder) => has(folder, "manifest.json") && has(folder, "embeddings.npy");
  const isSite = (folder) => has(folder, "data/site.json") && has(folder, "version.js"); // other pages have data too
  const known = new Map(); // whether a folder is one of those

  function isMade(folder) {
    if (!known.has(folder)) {
      known.set(folder, isGallery(folder) || isSite(folder));
      if (known.get(folder)) skip(`${folder} is a gallery: it has copies of photos.`);
    }
    return known.get(folder);
  }

  /** Whether it is a copy, by its name and where it lies: many programs call files so. */
  function isCopy(name, parts) {
    if (SMALL_COPY.test(parts.at(-1))) return parts.length > 1;
    return COPY.test(parts.at(-1)) && name === `${parts[0]}/photos/${parts.at(-1)}` && isGallery(parts[0]);
  }

  return files.filter(({ name }) => {
    const parts = name.split("/");
    const folders = parts.slice(1, -1).map((_, at) => parts.slice(0, at + 2).join("/")); // those in the brought one
    return !folders.some(isMade) && !isCopy(name, parts);
  });
}
