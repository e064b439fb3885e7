// Shows what was found without a jolt, and says so when the server is slow or gone. Gradio runs this file and
// photo_dialog.js once, one after the other as the body of one function, when the results are loaded, and hands over
//   element  the results' root, filled once with what an empty canvas finds
//   props    props.value is the newest content from the server; it is brought in here
//   watch    calls back when the server has changed a property
//   server   functions of photo_dialog.py, each returning a promise

const DECODING_MS = 1_500; // photos that take longer to come are waited for no more
const LOOKOUT_MS = 2_500; // after so long without an answer, and again: is the server there?
const PATIENCE_MS = 5_000; // after so long, and again, the visitor is told
const MOVEMENT = { duration: 240, easing: "ease-out" };

const status = element.querySelector(".zs-status");
const list = element.querySelector(".zs-photos");
const leaving = document.createElement("div"); // photos that are fading away
leaving.className = "zs-leaving";
leaving.ariaHidden = "true";
list.before(leaving);

// ---- Bringing in what was found

let content = ""; // the newest
let isComing = false; // whether some is being brought in
let isStale = false; // whether an answer that is still to come was asked for before what is shown

/** Shows other content when its photos can be painted; of several that come meanwhile, the last. */
async function display(html) {
  content = html;
  if (isComing) return;
  isComing = true;
  try {
    for (let shown = null; shown !== content; ) {
      shown = content;
      const next = document.createElement("div");
      next.innerHTML = shown;
      await paintable(next);
      settle(next);
    }
  } finally {
    isComing = false;
  }
}

/** Waits for the photos, so that none blinks when it replaces another; not for ever. */
function paintable(next) {
  const photos = [...next.querySelectorAll("img")].map((photo) => photo.decode().catch(() => {}));
  return Promise.race([Promise.all(photos), new Promise((done) => setTimeout(done, DECODING_MS))]);
}

function settle(next) {
  const before = places();
  const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
  const focusedPhoto = list.children[focused]?.dataset.photo;
  list.replaceChildren(...next.querySelector(".zs-photos").children);
  report(next.querySelector(".zs-status").textContent);
  if (focused >= 0) focus(itemOf(focusedPhoto) ?? list.children[focused]);
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) move(before);
}

function itemOf(photo) {
  return [...list.children].find((item) => photo && item.dataset.photo === photo);
}

function focus(item) {
  item?.querySelector("a")?.focus({ preventScroll: true });
}

// ---- Movement: photos that stay slide to their new places, those that go fade away above those that come

/** Where each photo is. */
function places() {
  const items = [...list.children].filter((item) => item.dataset.photo);
  return new Map(
    items.map((item) => {
      const image = item.querySelector("img");
      return [item.dataset.photo, { box: item.getBoundingClientRect(), image, imageBox: image.getBoundingClientRect() }];
    }),
  );
}

function move(before) {
  for (const item of list.children) {
    const earlier = before.get(item.dataset.photo);
    if (earlier) slide(item, earlier.box);
    else if (before.size === 0) item.animate([{ opacity: 0 }, { opacity: 1 }], MOVEMENT);
  }
  for (const [photo, { image, imageBox }] of before) if (!itemOf(photo)) fadeAway(image, imageBox);
}

function slide(item, from) {
  const to = item.getBoundingClientRect();
  const transform = `translate(${from.left - to.left}px, ${from.top - to.top}px) scale(${from.width / to.width})`;
  item.animate([{ transformOrigin: "0 0", transform }, { transformOrigin: "0 0", transform: "none" }], MOVEMENT);
}

function fadeAway(image, box) {
  const origin = leaving.getBoundingClientRect();
  const [left, top] = [box.left - origin.left, box.top - origin.top];
  Object.assign(image.style, { left: `${left}px`, top: `${top}px`, width: `${box.width}px`, height: `${box.height}px` });
  image.alt = "";
  leaving.append(image);
  image.animate([{ opacity: 1 }, { opacity: 0 }], MOVEMENT).finished.finally(() => image.remove());
}

watch("value", () => {
  if (isStale) props.value = content;
  else display(props.value);
});

/** Shows what was not searched for with the drawing: only what the visitor does next may replace it. */
function displayInstead(html) {
  isStale = true;
  props.value = html;
  display(html);
}

for (const act of ["pointerdown", "keydown"]) {
  document.addEventListener(act, () => (isStale = false), { capture: true });
}

// ---- Waiting: page.py says when a search is asked for and when it has been answered, at most one at a time

let askedAt = null;
let isLost = false;
let lookout = 0;

document.addEventListener("zs-asked", () => {
  askedAt = performance.now();
  clearTimeout(lookout);
  lookout = setTimeout(look, LOOKOUT_MS);
});

document.addEventListener("zs-answered", () => {
  clearTimeout(lookout);
  askedAt = null;
  isLost = false;
  sayWaiting("");
});

async function look() {
  const asked = askedAt;
  const isThere = await isReachable();
  if (askedAt !== asked) return; // answered meanwhile
  if (isLost && isThere) location.reload(); // what was asked for is lost; the canvas keeps its drawing
  isLost = !isThere;
  const seconds = (Math.floor((performance.now() - asked) / PATIENCE_MS) * PATIENCE_MS) / 1000;
  if (isLost) sayWaiting("The server cannot be reached. Your drawing is kept here; still trying …");
  else if (seconds > 0) sayWaiting(`The server has not answered for ${seconds} s; still waiting …`);
  lookout = setTimeout(look, LOOKOUT_MS);
}

/** Whether the server is there, however busy. */
async function isReachable() {
  try {
    return (await fetch("gradio_api/app_id", { cache: "no-store", signal: AbortSignal.timeout(LOOKOUT_MS) })).ok;
  } catch (error) {
    return error.name === "TimeoutError";
  }
}

let found = status.textContent; // the line on the newest content
let waiting = ""; // what is said in its place, if anything

function report(sentence) {
  found = sentence;
  showStatus();
}

function sayWaiting(sentence) {
  waiting = sentence;
  showStatus();
}

function showStatus() {
  status.classList.toggle("zs-waiting", waiting !== "");
  const sentence = waiting || found;
  if (status.textContent !== sentence) status.textContent = sentence; // screen readers read every change
}
