// Folders that the visitor let the browser read. They are kept with the photos, where the browser has handles of folders, so
// that the next visit finds what has changed in them; and so is where their photos are, as two may be called alike.

import { placeFor } from "./naming.js";

const KEPT = "folders"; // under this name of the store

// What systems and programs put beside people's files, in small letters; kinds.py has the same.
const HIDDEN = [
  ...["__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"],
  ...["$recycle.bin", "system volume information", "lost+found"],
  ...["@eadir", "@tmp", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@__thumb"],
  ...["lost.dir", "found.000", "network trash folder", "thevolumesettingsfolder"],
];

/** Whether a file, given with the way to it, is none of the visitor's making. */
export const isHidden = (name) => name.split("/").some((part) => /^(\.(?!\.?$)|~\$)/.test(part) || HIDDEN.includes(part.toLowerCase()));

/** The folders that are known, each its `handle` and the `place` of its photos, which is null if that is not known. */
export async function foldersIn(store) {
  const kept = (await store.known(KEPT).catch(() => null)) ?? [];
  const handles = kept.map((it) => it.handle ?? it); // pages once kept handles alone
  const isAlone = ({ name }) => handles.filter((other) => other.name === name).length === 1;
  return kept.map((it) => (it.handle ? it : { handle: it, place: isAlone(it) ? it.name : null }));
}

/** The places of known folders: no other folder comes there. */
export const claimedIn = (folders) => new Set(folders.map(({ place }) => place));

/** Where the photos of a folder are, or are to be: a known one keeps its place, whatever is in it now. Keeps the handle. */
export async function placeOf(store, photos, files, handle) {
  const known = await foldersIn(store);
  const same = await Promise.all(known.map((other) => handle.isSameEntry(other.handle).catch(() => false)));
  const mine = known[same.indexOf(true)];
  const claimed = claimedIn(known.filter((other) => other !== mine));
  const others = new Map([...photos].filter(([name]) => !claimed.has(name.split("/")[0])));
  const place = mine?.place ?? placeFor(others, files, handle.name, claimed);
  const kept = mine ? known.map((it) => (it === mine ? { handle, place } : it)) : [...known, { handle, place }];
  await store.know(KEPT, kept).catch(() => {}); // no room, or it is none that lasts: it is chosen again
  return place;
}

/**
 * All files of a folder, each a `name` with the way to it and a `file`; `lost(name, sentence)` is called of one that cannot be
 * read. Throws a sentence if the folder is gone.
 */
export async function filesOf(folder, lost) {
  const found = [];
  try {
    await walk(folder, folder.name, found, lost);
  } catch (error) {
    const reason = error.name === "NotFoundError" ? "is not there any more" : "may not be read any more";
    throw new Error(`The folder ${folder.name} ${reason}; its photos stay until you delete them. Choose it again to go on.`);
  }
  return found;
}

async function walk(folder, way, found, lost) {
  for await (const entry of folder.values()) {
    const name = `${way}/${entry.name}`;
    if (isHidden(entry.name)) continue;
    if (entry.kind === "directory") await walk(entry, name, found, lost);
    else await entry.getFile().then((file) => found.push({ name, file }), () => lost(name, `${name} could not be read.`));
  }
}
