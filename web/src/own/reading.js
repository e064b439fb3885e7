// The files that the visitor brings, one by one: those in zips too, and what each of them holds.

import { copied } from "./copies.js";
import { digestOf } from "./digests.js";
import { isHidden } from "./folders.js";
import { entriesOf } from "./unzip.js";

/**
 * All files, those in zips too, each with `name`, `size`, `modified` and `read()`; `lost(name, sentence)` is called of a zip
 * that is none.
 */
export async function listed(files, lost) {
  const all = [];
  for (const { name, file } of files) {
    if (!/\.zip$/i.test(name)) {
      all.push({ name, size: file.size, modified: file.lastModified, read: async () => file });
      continue;
    }
    try {
      const entries = (await entriesOf(file)).filter((entry) => !isHidden(entry.name)); // what is no picture is named
      all.push(...entries.map((entry) => ({ ...entry, name: `${name}/${entry.name}` })));
    } catch {
      lost(name, `${name} isn't a zip we can read.`);
    }
  }
  return all;
}

/** What a file holds, or why it is left out. */
export async function prepared({ name, read }) {
  try {
    const content = await read();
    return { ...(await copied(content, name)), digest: await digestOf(content, name) };
  } catch (error) {
    return { error: error.constructor === Error && error.message.startsWith(name) ? error.message : `${name} could not be read.` };
  }
}
