// Which gallery is searched, and a gallery of the visitor's own pictures.

import { answerOf } from "./answer.js";
import { makeGalleryChoice } from "./gallery_choice.js";
import { keepBeside } from "./order.js";
import { kept } from "./storage.js";
import { makeToast } from "./toast.js";
import { dropped, named, sendAll, sorted } from "./upload.js";

const WATCH_MS = 400; // between two looks at how far the visitor's own gallery has come
const SIGN_MS = 45_000; // a sign that the visitor is still there, for as long as there is an own gallery
const FOLLOW_MS = 4_000; // between two looks at a gallery that follows a folder
const REFRESH_MS = 5000; // after a search the list of galleries is looked at again, at most this often

const STAGES = {
  receiving: () => "Sending",
  waiting: () => "Waiting for its turn",
  reading: ({ done, total }) => (total > 1 ? `Reading picture ${done + 1} of ${total}` : "Unpacking"),
  embedding: ({ done, total }) => `Getting ready: ${done} of ${total} pictures`,
};

// ---- The visitor: a secret that lives as long as the tab, so that a reload finds its gallery again. Each load of the page
// has a name too, and says goodbye when it closes: then the time begins after which the visitor's own gallery is deleted.

function newSecret() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const visitor = kept.getItem("zs-visitor") ?? newSecret();
kept.setItem("zs-visitor", visitor);
let page = newSecret();
window.addEventListener("pagehide", () => navigator.sendBeacon(new URL("goodbye", import.meta.url), JSON.stringify({ visitor, page })));

/**
 * Gradio's part: `element` is filled from gallery_bar.html, props.limits says how much may be brought, `server` has the
 * functions of gallery_bar.py.
 */
export function start({ element, props, server }) {
  const limits = props.limits;
  const find = (selector) => element.querySelector(selector);
  const tell = makeToast(find(".zs-gone"));

  /** Asks the server; the answer is thrown if it is an error. */
  async function ask(question, more = {}) {
    const answer = await answerOf(server[question]({ visitor, page, ...more }));
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  const { select, listed, refresh, choose, resume: chooseAgain } = makeGalleryChoice({
    element,
    encoders: props.encoders,
    ask,
    who: visitor,
    tell,
    gone: () => !isBusy && putAway(),
  });

  // ---- Bringing pictures

  let current = 0; // rises with every upload and every cancel; what belongs to an older one stops
  let isBusy = false;
  let areReady = false; // pictures that were brought before, until others have taken their place

  async function bring(files) {
    const asked = ++current;
    const goesOn = () => asked === current;
    const { taken, left } = sorted(files, limits);
    begin();
    try {
      if (!taken.length) throw new Error(`There is nothing to add. ${left.slice(0, 3).join(" ")} Choose pictures or a zip.`);
      await ask("begin_upload", { files: taken.map(({ name, file }) => ({ name, size: file.size })) });
      await sendAll(taken, { limits, ask, show, goesOn });
      if (!goesOn()) return;
      await ask("build_own");
      await watch(goesOn, left);
    } catch (error) {
      if (goesOn()) fail(error.message);
    }
  }

  async function drop(transfer) {
    try {
      await bring(await dropped(transfer)());
    } catch {
      fail("These files could not be read; choose them instead.");
    }
  }

  /** Follows the gallery while it is made. */
  async function watch(goesOn, left) {
    for (;;) {
      const { own } = await refresh();
      if (!goesOn()) return;
      if (!own) throw new Error("Your pictures were deleted; add them again.");
      if (own.stage === "failed") throw new Error(own.sentence);
      if (own.stage === "ready") {
        report(own, left);
        choose(select.options[select.options.length - 1].value); // the own gallery comes last
        return;
      }
      show(own.stage === "embedding" ? own.done / own.total : undefined, STAGES[own.stage](own));
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    }
  }

  async function remove() {
    current += 1;
    const wasBusy = isBusy;
    find(".zs-open").focus({ preventScroll: true }); // the button that was pressed goes
    rest();
    try {
      await ask("delete_own");
      const { own } = await refresh();
      areReady = own?.stage === "ready"; // what was there before what was cancelled
      find(".zs-report").hidden = !areReady;
      if (wasBusy) tell("");
    } catch (error) {
      fail(error.message);
    }
  }

  // ---- What the panel shows

  function open(isOpen) {
    find(".zs-own").hidden = !isOpen;
    find(".zs-open").setAttribute("aria-expanded", String(isOpen));
  }

  /** What was there is gone: the panel closes, and what had the focus in it passes that on. */
  function putAway() {
    if (find(".zs-own").contains(document.activeElement)) find(".zs-open").focus({ preventScroll: true });
    areReady = false;
    rest();
    open(false);
  }

  /** Nothing going on, nothing to tell. */
  function rest() {
    isBusy = false;
    for (const part of [".zs-progress", ".zs-trouble", ".zs-report"]) find(part).hidden = true;
    find(".zs-drop").hidden = false;
  }

  function begin() {
    rest();
    isBusy = true;
    find(".zs-drop").hidden = true;
    find(".zs-progress").hidden = false;
    show(undefined, "Starting");
  }

  function show(share, sentence) {
    const bar = find("progress");
    if (share === undefined) bar.removeAttribute("value");
    else bar.value = share;
    find(".zs-progress span").textContent = sentence;
  }

  /** What went wrong; pictures that are ready all the same are told of still, and can be deleted. */
  function fail(sentence) {
    rest();
    find(".zs-report").hidden = !areReady;
    find(".zs-trouble").textContent = sentence;
    find(".zs-trouble").hidden = false;
  }

  function report(own, left) {
    rest();
    const skipped = [...left, ...own.skipped];
    const count = left.length + own.skipped_count;
    find(".zs-report p").textContent = `${own.done} of your pictures ${own.done === 1 ? "is" : "are"} ready to search.`;
    find(".zs-report details").hidden = count === 0;
    find(".zs-report summary").textContent = `${count} file${count === 1 ? " was" : "s were"} left out`;
    find(".zs-report ul").replaceChildren(
      ...[...skipped, ...(count > skipped.length ? [`… and ${count - skipped.length} more`] : [])].map((sentence) => {
        const item = document.createElement("li");
        item.textContent = sentence;
        return item;
      }),
    );
    find(".zs-report").hidden = false;
    areReady = true;
  }

  // ---- Wiring

  keepBeside(document.querySelector("#zs-side"), document.querySelector("#zs-gallery"));
  find(".zs-limits").textContent =
    `At most ${limits.pictures} pictures, ${limits.picture_bytes / 1e6} MB and ${limits.pixels / 1e6} million pixels each, ` +
    `${limits.total_bytes / 1e6} MB in all (unpacked).`;
  const chooser = find(".zs-drop input");
  chooser.accept = ["image/*", ".zip", ...limits.suffixes].join();
  chooser.addEventListener("change", () => {
    const files = named(chooser.files);
    chooser.value = ""; // so that choosing the same files again counts as a change
    if (files.length) bring(files);
  });
  find(".zs-open").addEventListener("click", () => open(find(".zs-own").hidden));
  find(".zs-cancel").addEventListener("click", remove);
  find(".zs-delete").addEventListener("click", remove);
  for (const event of ["dragover", "drop"]) document.addEventListener(event, (it) => it.preventDefault()); // stay on the page
  find(".zs-own").addEventListener("dragover", () => find(".zs-drop").classList.add("zs-over"));
  find(".zs-own").addEventListener("dragleave", () => find(".zs-drop").classList.remove("zs-over"));
  find(".zs-own").addEventListener("drop", (event) => {
    find(".zs-drop").classList.remove("zs-over");
    if (!isBusy) drop(event.dataTransfer);
  });

  let refreshedAt = 0;
  document.addEventListener("zs-found", () => {
    if (performance.now() - refreshedAt < REFRESH_MS || document.querySelector("#zs-canvas canvas").isDrawing()) return;
    refreshedAt = performance.now();
    refresh().catch(() => {}); // the next search looks again
  });

  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    page = newSecret(); // the page has come back that had said goodbye
    refresh().catch(() => {});
  });

  setInterval(() => {
    if (listed().some((gallery) => gallery.is_private)) refresh().catch(() => {}); // the next sign may get through
  }, SIGN_MS);

  setInterval(() => {
    if (!document.hidden && listed().some((gallery) => gallery.is_watched)) refresh().catch(() => {}); // the next look may get through
  }, FOLLOW_MS);

  /** After a reload: the gallery that was chosen, and the visitor's own where it had got to. */
  async function resume() {
    const { own } = await chooseAgain();
    if (own?.stage === "ready") report(own, []);
    else if (own && ["waiting", "reading", "embedding"].includes(own.stage)) {
      const asked = ++current;
      open(true);
      begin();
      await watch(() => asked === current, []);
    }
  }

  resume().catch((error) => fail(error.message));
}
