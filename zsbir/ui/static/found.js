// The photos found: a list whose items are kept for as long as their photo is shown, so that what stays does not blink.

import { answerWith, forget, whenWanted } from "./search.js";
import { arrivedFor, beginJourney } from "./journey.js";
import { watchOver } from "./waiting.js";
import { fetchAgain, hideMissing, lookAfter } from "./missing.js";
import { makeDialog } from "./photo_dialog.js";
import { scoreText } from "./score.js";

const DECODING_MS = 1_500; // photos that take longer to come are waited for no more
const REMEMBERED = 60; // items of photos that need not be made, fetched and decoded anew when they come back
const AT_A_FRAME = 2; // photos that come into the list while somebody draws: five at once would hold up the pen
const MOVEMENT = { duration: 240, easing: "ease-out" };

/**
 * Shows what is found in an `element` that is filled from results.html. `server` has the functions of photo_dialog.py,
 * whoever answers; `ask(question)` promises the answer to a search, `excuse()` what is said while that is long in coming;
 * props.small is the longest side of small copies.
 */
export function showFound({ element, props, server, ask, excuse }) {
  const list = element.querySelector(".zs-photos");
  const place = list.firstElementChild.cloneNode(true); // where a photo is to come
  const excuseOfPhotos = lookAfter(list);
  const status = watchOver(element.querySelector(".zs-status"), async () => (await excuse()) || excuseOfPhotos());
  const dialog = makeDialog(server);
  const drawing = () => document.querySelector("#zs-canvas canvas"); // see canvas.js
  const isDrawing = () => drawing()?.isDrawing?.() ?? false; // it may not have started yet
  const leaving = document.createElement("div"); // photos that are fading away
  leaving.className = "zs-leaving";
  leaving.ariaHidden = "true";
  list.before(leaving);

  // ---- Bringing in what was found

  let newest = null;
  let isComing = false;

  /** Shows another answer when its photos can be painted; of several that come meanwhile, the last. */
  async function display(answer) {
    newest = answer;
    if (isComing) return;
    isComing = true;
    try {
      for (let shown = null; shown !== newest; ) {
        shown = newest;
        const isUnlike = shown.unlike === true && (!shown.grows || list.classList.contains("zs-unlike")); // greys at rest
        const items = itemsFor(shown);
        await paintable(items);
        await settle(items);
        list.classList.toggle("zs-unlike", isUnlike);
        if (!isDrawing()) status.report(shown.sentence);
        document.dispatchEvent(new Event("zs-found"));
      }
    } finally {
      isComing = false;
    }
  }

  /** Shows what was not searched for with the drawing: only what the visitor does next may replace it. */
  function displayInstead(answer) {
    forget();
    display(answer);
  }

  const items = new Map(); // of photos by address, and for copies the how manieth; those shown last at the end

  /** An item for each photo: the one there is for a photo that was shown not long ago. */
  function itemsFor({ photos, places }) {
    const times = new Map(); // copies have one address
    const shown = photos.map((photo, at) => {
      times.set(photo.url, (times.get(photo.url) ?? 0) + 1);
      const key = `${times.get(photo.url)} ${photo.url}`;
      const item = items.get(key) ?? itemOf(photo, props.small);
      items.delete(key);
      items.set(key, item);
      return described(item, photo, at + 1, photos.length, isDrawing());
    });
    for (const key of [...items.keys()].slice(0, -REMEMBERED)) items.delete(key);
    return [...shown, ...Array.from({ length: places }, () => place.cloneNode(true))];
  }

  /** Waits for the photos, so that none blinks when it comes; not for ever. */
  function paintable(items) {
    const photos = items.flatMap((item) => (item.isConnected ? [] : [...item.querySelectorAll("img")]));
    if (!photos.length) return undefined;
    const decoded = Promise.all(photos.map((photo) => photo.decode().catch(() => {})));
    return Promise.race([decoded, new Promise((done) => setTimeout(done, DECODING_MS))]);
  }

  async function settle(items) {
    if (items.length === list.children.length && items.every((item, at) => item === list.children[at])) return;
    const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
    // Under a moving pen nothing else moves: it would be seen from the corner of the eye, and cost the pen its frames.
    const moves = !isDrawing() && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const before = moves ? places() : new Map();
    const focusedItem = list.children[focused];
    list.classList.toggle("zs-many", items.length > 5);
    if (moves) list.replaceChildren(...items);
    else await arrange(items);
    if (focused >= 0) (focusedItem.isConnected ? focusedItem : items[focused])?.querySelector("a")?.focus({ preventScroll: true });
    if (moves) move(before);
  }

  /** Puts the items into the list and touches none that stays where it is; some at a frame, and it is never longer. */
  async function arrange(items) {
    const wanted = new Set(items);
    const unwanted = () => [...list.children].findLast((item) => !wanted.has(item));
    let moved = 0;
    for (const [at, item] of items.entries()) {
      if (list.children[at] === item) continue;
      if (moved === AT_A_FRAME) await new Promise(requestAnimationFrame);
      moved = (moved % AT_A_FRAME) + 1;
      if (!item.isConnected) unwanted()?.remove();
      list.insertBefore(item, list.children[at] ?? null);
    }
    while (list.children.length > items.length) list.lastElementChild.remove();
  }

  // ---- Movement: photos that stay slide to their new places, those that go fade away above those that come

  /** Where each photo is. */
  function places() {
    const items = [...list.children].filter((item) => item.dataset.photo);
    return new Map(
      items.map((item) => {
        const image = item.querySelector("img");
        return [item, { box: item.getBoundingClientRect(), image, imageBox: image.getBoundingClientRect() }];
      }),
    );
  }

  function move(before) {
    const after = places(); // all boxes are read before anything moves, or each would be laid out anew
    const origin = leaving.getBoundingClientRect();
    for (const [item, { box }] of after) {
      if (before.has(item)) slide(item, before.get(item).box, box);
      else if (before.size === 0) item.animate([{ opacity: 0 }, { opacity: 1 }], MOVEMENT);
    }
    for (const [item, { image, imageBox }] of before) if (!after.has(item)) fadeAway(image, imageBox, origin);
  }

  function slide(item, from, to) {
    if (to.left === from.left && to.top === from.top && to.width === from.width) return;
    const transform = `translate(${from.left - to.left}px, ${from.top - to.top}px) scale(${from.width / to.width})`;
    item.animate([{ transformOrigin: "0 0", transform }, { transformOrigin: "0 0", transform: "none" }], MOVEMENT);
  }

  function fadeAway(shown, box, origin) {
    const image = shown.cloneNode(); // its item may come back
    const [left, top] = [box.left - origin.left, box.top - origin.top];
    Object.assign(image.style, { left: `${left}px`, top: `${top}px`, width: `${box.width}px`, height: `${box.height}px` });
    image.alt = "";
    leaving.append(image);
    image.animate([{ opacity: 1 }, { opacity: 0 }], MOVEMENT).finished.finally(() => image.remove());
  }

  element.addEventListener("click", (event) => {
    const link = event.target.closest("a.zs-frame");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return; // those open the file itself
    event.preventDefault();
    dialog.showPhoto({ ...link.closest(".zs-photo").dataset });
  });

  beginJourney({
    button: element.querySelector(".zs-back"),
    dialog,
    show: displayInstead,
    ask: (step) => (step.category === undefined ? server.more_like(step) : server.show_category(step)),
  });
  let isTold = false; // once: while somebody draws that is looked at often enough
  whenWanted(() => {
    const isDrawn = drawing()?.isBlank?.() === false;
    if (isDrawn && !isTold) status.look(); // not the invitation to draw while the first search is loading
    isTold = isDrawn;
  });
  answerWith(ask, (answer) => arrivedFor(answer) && display(answer));
}

// ---- A photo in the list

const ITEM = document.createElement("template");
ITEM.innerHTML = `<li class="zs-photo">
  <a class="zs-frame" target="_blank" rel="noopener"><img></a>
  <div class="zs-caption">
    <span class="zs-title"><span class="zs-rank"></span> <span class="zs-name"></span></span>
    <span class="zs-score"></span>
    <span class="zs-copies"></span>
    <span class="zs-author"></span><span class="zs-licence"></span>
  </div>
</li>`;

/** What a score measures: results.py has the words. */
const MEASURES = {
  match: "How well the photo matches your drawing. Higher is closer; it ranks photos and is no probability.",
  alike: "How alike the two photos are. Higher is closer; a drawing and a photo never score as high.",
};

/** How large a photo is shown at most, as results.css lays them out. */
function sizesOf(rank, count) {
  const side = count > 5 ? 123 : count === 1 ? 581 : rank <= 2 ? 276 : 174;
  return `(max-width: 720px) 33vw, ${side}px`;
}

/**
 * An item for a photo, whose small copy is shown as far as it is sharp. Longest sides stand for widths, as photos are
 * fitted into squares. That of the photo is given as one pixel more than the copy's: it is not known here, it is no less,
 * and between two sources no more than that matters.
 */
function itemOf({ url, small }, smallSide) {
  const item = document.importNode(ITEM.content.firstElementChild, true);
  const image = item.querySelector("img");
  hideMissing(image);
  item.querySelector("a").href = url;
  image.dataset.srcset = small === url ? "" : `${small} ${smallSide}w, ${url} ${smallSide + 1}w`;
  return item;
}

/**
 * Writes into an item what is known of its photo, where it is not written yet: a photo that stays may have been given
 * another title meanwhile. Nothing of it is trusted to be harmless.
 */
function described(item, photo, rank, count, isDrawing) {
  const set = (it, name, value) => {
    if (it[name] !== value) it[name] = value;
  };
  const write = (part, text) => set(item.querySelector(part), "textContent", text);
  const image = item.querySelector("img");
  for (const [name, value] of Object.entries(photo)) set(item.dataset, name, value);
  set(image, "alt", photo.title);
  set(image, "sizes", sizesOf(rank, count));
  if (!image.src) [image.srcset, image.src] = [image.dataset.srcset, photo.url]; // with its sizes known: one is fetched
  else if (!item.isConnected) fetchAgain(image); // it is shown anew
  write(".zs-rank", String(rank));
  write(".zs-name", photo.title);
  write(".zs-copies", photo.copies > 0 ? `and ${photo.copies} ${photo.copies > 1 ? "copies" : "copy"}` : "");
  write(".zs-author", photo.author);
  write(".zs-licence", photo.licence);
  for (const name of ["title", "author", "licence"]) set(item.querySelector(`.zs-${name}`), "title", photo[name]);
  const score = item.querySelector(".zs-score");
  if (isDrawing && score.textContent) return item; // not another number at every move of the pen
  write(".zs-score", photo.measure && `${photo.measure} ${scoreText(photo.score)}`); // empty: it was not searched for
  set(score, "title", MEASURES[photo.measure] ?? "");
  return item;
}
