// Where the visitor brings own photos: files, a folder or a zip, chosen or dropped. What becomes of them is the worker's.

import { dropped, named } from "../../zsbir/ui/static/upload.js";
import { followFolders } from "./following.js";
import { isHidden } from "./own/folders.js";

const OWN = "Your photos"; // own_photos.js has the same
const thousands = (count) => count.toLocaleString("en");
const photosOf = (count) => `${thousands(count)} ${count === 1 ? "photo" : "photos"}`;

/**
 * Wires the panel; `ask(question, more)` asks the worker, `choose(name)` searches a gallery, `follow(progress)` shows progress
 * here and beside the panel. Returns `show(progress)`, which shows it here.
 */
export function bringOwn({ element, ask, choose, follow }) {
  const find = (selector) => element.querySelector(selector);
  const panel = find(".zs-own");
  let state = { busy: false };
  let isWanted = false; // what is going on was brought, and is not looked for by itself

  /** Hands over files; `isWhole`: they are all of a folder. */
  async function bring(files, isWhole = false) {
    const visible = files.filter(({ name }) => !isHidden(name));
    if (!visible.length) return fail("There is nothing to add; choose photos, a folder or a zip.");
    await index({ files: visible, isWhole }, true);
  }

  async function index(brought, wanted) {
    isWanted = wanted;
    fail("");
    if (wanted) await keepRoom();
    await ask("index_own", brought).catch((error) => (state.busy ? stopped() : fail(error.message)));
  }

  /** The worker is lost; what it has kept, the next one knows. */
  async function stopped() {
    const now = await ask("own_state").catch(() => state);
    const kept = now.isKept && now.photos ? " Those that are done are kept." : "";
    await follow({ ...now, busy: false, paused: false, sentence: `Getting your photos ready stopped; bring them again to go on.${kept}` });
  }

  async function drop(transfer) {
    const [handle, filesOf] = [handleOf(transfer), dropped(transfer)]; // both now: after an await they are gone
    try {
      const folder = await handle;
      if (folder?.kind === "directory") await folders.take(folder);
      else await bring(await filesOf());
    } catch {
      fail("These files could not be read; choose them instead.");
    }
  }

  // ---- What the panel shows

  /** How far it is; when it has ended, what there is. */
  function show(progress) {
    const [wasBusy, { busy, paused, done, total, photos, isKept, sentence, skipped, count }] = [state.busy, progress];
    state = progress;
    find(".zs-drop").hidden = find(".zs-folder-line").hidden = busy;
    find(".zs-progress").hidden = !busy;
    find("progress").max = Math.max(1, total);
    find("progress").value = done;
    find(".zs-progress span").textContent = sentence || `${paused ? "Paused at" : "Getting ready:"} ${thousands(done)} of ${thousands(total)} photos`;
    find(".zs-pause").textContent = paused ? "Go on" : "Pause";
    if (!busy) fail(sentence);
    if (wasBusy && !busy && photos && isWanted) choose(OWN);
    report({ busy, photos, isKept, skipped, count });
    showRoom();
  }

  function report({ busy, photos, isKept, skipped, count }) {
    find(".zs-report").hidden = busy || (!photos && !count);
    const lasting = isKept ? "" : " This browser keeps nothing: they are gone when you close the page.";
    const ready = `${photosOf(photos)} of yours ${photos === 1 ? "is" : "are"} ready to search.${lasting}`;
    find(".zs-report p").textContent = photos ? ready : "Nothing of that is a photo that can be read here.";
    find(".zs-report details").hidden = !count;
    find(".zs-report details").open ||= !photos;
    find(".zs-report summary").textContent = `${thousands(count)} ${count === 1 ? "file was" : "files were"} left out`;
    find(".zs-report ul").replaceChildren(
      ...[...skipped, ...(count > skipped.length ? [`… and ${thousands(count - skipped.length)} more`] : [])].map((text) => {
        const item = document.createElement("li");
        item.textContent = text;
        return item;
      }),
    );
  }

  function fail(sentence) {
    find(".zs-trouble").textContent = sentence;
    find(".zs-trouble").hidden = !sentence;
  }

  /** Says how much the browser lets this page keep. */
  async function showRoom() {
    const { usage, quota } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
    find(".zs-room").textContent = quota ? `This browser gives the page ${megabytes(quota)} MB; it uses ${megabytes(usage)} MB.` : "";
  }

  // ---- Wiring

  const chooser = find(".zs-drop input");
  chooser.addEventListener("change", () => {
    bring(named(chooser.files));
    chooser.value = ""; // so that choosing the same files again counts as a change
  });
  const folders = followFolders({ line: find(".zs-folder-line"), ask, bring, index, fail });
  find(".zs-open").addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    find(".zs-open").setAttribute("aria-expanded", String(!panel.hidden));
    showRoom();
  });
  find(".zs-pause").addEventListener("click", () => ask(state.paused ? "resume_own" : "pause_own"));
  find(".zs-cancel").addEventListener("click", () => ask("stop_own"));
  find(".zs-delete").addEventListener("click", async () => {
    find(".zs-open").focus({ preventScroll: true }); // the button that was pressed goes
    await ask("delete_own");
    folders.show();
  });
  for (const event of ["dragover", "drop"]) document.addEventListener(event, (it) => it.preventDefault()); // stay on the page
  panel.addEventListener("dragover", () => find(".zs-drop").classList.add("zs-over"));
  panel.addEventListener("dragleave", () => find(".zs-drop").classList.remove("zs-over"));
  panel.addEventListener("drop", (event) => {
    find(".zs-drop").classList.remove("zs-over");
    if (!state.busy) drop(event.dataTransfer);
  });

  return { show };
}

/** The handle of the one thing that was dropped, where the browser has handles: a folder is then found again. */
function handleOf({ items }) {
  return items.length === 1 ? items[0].getAsFileSystemHandle?.().catch(() => null) : null;
}

/** Asks the browser not to clear what is kept when room gets short. */
async function keepRoom() {
  await navigator.storage?.persist?.().catch(() => false);
}

const megabytes = (bytes) => thousands(Math.round(bytes / 1e6));
