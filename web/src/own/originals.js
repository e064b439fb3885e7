// Which files of a folder are no photos of the visitor's but what this project made of them: galleries and sites that lie in
// it, and the copies of a gallery that was built in the very folder. finding.py passes over the same.

const COPY = /^[0-9a-f]{32}(\.[0-9]+px)?\.jpg$/; // see copies.py

/** The files, each with the way to it as its `name`, without those; `skip(sentence)` is called of each gallery and site. */
export function originals(files, skip) {
  const names = new Set(files.map(({ name }) => name));
  const has = (folder, name) => names.has(`${folder}/${name}`);
  const known = new Map(); // whether a folder is one of those

  function isMade(folder) {
    if (!known.has(folder)) {
      const isOne = (has(folder, "manifest.json") && has(folder, "embeddings.npy")) || has(folder, "data/site.json");
      if (isOne && folder.includes("/")) skip(`${folder} is a gallery: it has copies of photos.`);
      known.set(folder, isOne);
    }
    return known.get(folder);
  }

  return files.filter(({ name }) => {
    const parts = name.split("/");
    const folders = parts.slice(1, -1).map((_, at) => parts.slice(0, at + 2).join("/")); // those in the brought one
    if (folders.some(isMade)) return false;
    return !(parts.length > 2 && isMade(parts[0]) && COPY.test(parts.at(-1)));
  });
}
