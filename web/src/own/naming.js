// Under which names the visitor's photos are kept. A browser does not say where a file lies, so two that are called alike may
// be one that has changed, or two; what is in them decides.

const numbered = (name, number) => (number === 1 ? name : name.replace(/(\.\w+)?$/, ` (${number})$1`));

/** Whether a file is a photo that is known and has not changed, as far as can be told without reading it. */
export function isUnchanged(photos, { name, size, modified }) {
  const photo = photos.get(name);
  return photo !== undefined && photo.size === size && photo.modified === modified;
}

/** The name of a file with this content: a file that lies in no folder and no zip takes no other's place. */
export function nameFor(photos, name, digest) {
  if (name.includes("/")) return name; // there it is the one that was there
  for (let number = 1; ; number += 1) {
    const free = numbered(name, number);
    const there = photos.get(free);
    if (there === undefined || there.digest === digest) return free;
  }
}

/** Files of which none in a folder or a zip is called like another; two may be in one zip. */
export function distinct(files) {
  const taken = new Set();
  const numbers = new Map(); // by name, the last that was given; a zip may have thousands of one name
  return files.map((file) => {
    let [name, number] = [file.name, numbers.get(file.name) ?? 1];
    while (name.includes("/") && taken.has(name)) name = numbered(file.name, (number += 1));
    numbers.set(file.name, number);
    taken.add(name);
    return { ...file, name };
  });
}

/** Files from anywhere under the names that they are kept by: those of each folder and zip where `placeFor` has them. */
export function placedApart(photos, files, claimed) {
  const folders = new Map();
  for (const file of files) {
    const folder = file.name.includes("/") ? file.name.split("/")[0] : null;
    if (!folders.has(folder)) folders.set(folder, []);
    folders.get(folder).push(file);
  }
  return [...folders].flatMap(([folder, its]) => (folder === null ? its : moved(its, placeFor(photos, its, folder, claimed))));
}

/**
 * What the names begin with that the files of a folder are kept by: the place of a folder most of whose photos are among them,
 * unchanged; otherwise it is another one, even if it is called alike, and gets a place that is free and not `claimed`.
 */
export function placeFor(photos, files, folder, claimed = new Set()) {
  for (let number = 1; ; number += 1) {
    const place = number === 1 ? folder : `${folder} (${number})`;
    const known = [...photos.keys()].filter((name) => name.startsWith(`${place}/`)).length;
    const unchanged = known && moved(files, place).filter((file) => isUnchanged(photos, file)).length;
    if (known ? 2 * unchanged > known : !claimed.has(place)) return place;
  }
}

/** The files of a folder under the names that they have in a place. */
export const moved = (files, place) => files.map((file) => ({ ...file, name: place + file.name.slice(file.name.indexOf("/")) }));
