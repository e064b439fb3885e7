// Folders that the visitor let the browser read. They are kept with the photos, where the browser has handles of folders, so
// that the next visit finds what has changed in them.

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

/** The handles that are kept in a store. */
export async function foldersIn(store) {
  return (await store.known(KEPT).catch(() => null)) ?? [];
}

/** Keeps a handle, unless that folder is known. */
export async function keepFolder(store, folder) {
  const known = await foldersIn(store);
  const same = await Promise.all(known.map((other) => folder.isSameEntry(other)));
  if (!same.includes(true)) await store.know(KEPT, [...known, folder]);
}

/**
 * All files of a folder, each a `name` with the way to it and a `file`; `skip(sentence)` is called of one that cannot be read.
 * Throws a sentence if the folder is gone.
 */
export async function filesOf(folder, skip) {
  const found = [];
  try {
    await walk(folder, folder.name, found, skip);
  } catch (error) {
    const reason = error.name === "NotFoundError" ? "is not there any more" : "may not be read any more";
    throw new Error(`The folder ${folder.name} ${reason}; its photos stay until you delete them. Choose it again to go on.`);
  }
  return found;
}

async function walk(folder, way, found, skip) {
  for await (const entry of folder.values()) {
    const name = `${way}/${entry.name}`;
    if (isHidden(entry.name)) continue;
    if (entry.kind === "directory") await walk(entry, name, found, skip);
    else await entry.getFile().then((file) => found.push({ name, file }), () => skip(`${name} could not be read.`));
  }
}
