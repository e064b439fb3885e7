// Files on their way to the server: which are worth sending, what is in a dropped folder, and sending in pieces.

/**
 * What is worth sending, and one sentence for each file that is left out. Hidden files are passed over. What is called
 * neither a picture nor anything else that is known is sent, as the server tells by its content.
 */
export function sorted(files, limits) {
  const taken = [];
  const left = [];
  const isHidden = (part) => /^(\.[^.]|~\$)/.test(part) || limits.hidden.includes(part.toLowerCase());
  for (const { name, file } of files.filter(({ name }) => !name.split("/").some(isHidden))) {
    const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
    const kind = Object.keys(limits.kinds).find((kind) => limits.kinds[kind].split(" ").includes(ending));
    if (ending === "zip") taken.push({ name, file });
    else if (kind && name.includes(".")) left.push(`${name}: ${whyNot(kind)}`);
    else if (file.size > limits.picture_bytes) left.push(`${name}: Larger than ${limits.picture_bytes / 1e6} MB.`);
    else taken.push({ name, file });
  }
  return { taken, left };
}

/** inbox.py says the same. */
const whyNot = (kind) => (kind.startsWith("a picture") ? `A${kind.slice(1)}.` : `Not a picture but ${kind}.`);

/** Sends files piece by piece with `ask`, for as long as it `goesOn`, and shows how far that is. */
export async function sendAll(taken, { limits, ask, show, goesOn }) {
  const all = taken.reduce((sum, { file }) => sum + file.size, 0);
  let sent = 0;
  for (const [at, { file }] of taken.entries()) {
    for (let start = 0; start === 0 || start < file.size; start += limits.piece_bytes) {
      if (!goesOn()) return;
      const megabytes = `${(sent / 1e6).toFixed(1)} of ${(all / 1e6).toFixed(1)} MB`;
      show(sent / Math.max(all, 1), taken.length === 1 ? `Sending ${megabytes}` : `Sending picture ${at + 1} of ${taken.length}, ${megabytes}`);
      const piece = file.slice(start, start + limits.piece_bytes);
      await ask("send_piece", { file: at, start, data: await base64(piece) });
      sent += piece.size;
    }
  }
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error("A picture could not be read; choose it again."));
    if (blob.size) reader.readAsDataURL(blob);
    else resolve("");
  });
}

// ---- Dropped files and folders

/** What was dropped, taken hold of at once, as it is gone after an await: what promises it as files with their names. */
export function dropped(transfer) {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = named(transfer.files);
  return async () => (entries.length ? filesIn(entries) : files);
}

/** Files with their names; of a folder, all that are in it, with the way there before the name. */
async function filesIn(entries, way = "") {
  const found = [];
  for (const entry of entries) {
    if (entry.isDirectory) found.push(...(await filesIn(await entriesOf(entry), `${way}${entry.name}/`)));
    else found.push({ name: way + entry.name, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) });
  }
  return found;
}

async function entriesOf(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    const more = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!more.length) return entries;
    entries.push(...more);
  }
}

/** Files of a chooser, with their names. */
export const named = (files) => Array.from(files, (file) => ({ name: file.name, file }));
