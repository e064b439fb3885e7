// The drawing area. Gradio runs canvas_page.js, canvas_files.js, canvas_keep.js, this file and canvas_task.js once, one
// after the other as the body of one function, when the component is loaded, and hands over
//   element  the component's root, filled from canvas.html
//   props    props.value is what the server searches for, props.examples are the example drawings, props.ideas
//            names of things to draw
//   trigger  fires an event of the component ("submit" searches again); setting props.value fires "change"
//   server   functions of canvas.py, each returning a promise

const REFRESH_MS = 300; // while a stroke is being drawn, search at most this often
const MIN_STEP = 3; // points closer together than this say nothing new

const find = (selector) => element.querySelector(selector);
const canvas = find("canvas");
const notice = find(".zs-notice");

/** Everything that depends on the page. */
function showPage() {
  find(".zs-undo").disabled = history.earlier.length === 0;
  find(".zs-redo").disabled = history.later.length === 0;
  find(".zs-clear").disabled = isBlank();
  find(".zs-hint").hidden = !isBlank();
  say("");
  repaint();
}

/** One sentence for the visitor, under the tools; none hides it. */
function say(sentence) {
  notice.textContent = sentence;
  notice.hidden = sentence === "";
}

let frame = 0;

/** Paints at the next frame, with as many pixels as the screen has. */
function repaint() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => {
    const density = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * density));
    canvas.height = Math.max(1, Math.round(canvas.clientHeight * density));
    paint(canvas, getComputedStyle(canvas).color);
  });
}

// ---- Talking to the server: strokes as JSON; as a picture only if a picture lies under them.

let sentAt = 0;

/** What is searched for: strokes, or a picture, and a photo beside it if one was chosen. */
function query() {
  const value = page.picture
    ? { picture: asPicture("#fff", "#000").toDataURL("image/png") }
    : { width: WIDTH, height: HEIGHT, strokes: page.strokes };
  if (reference) value.reference = { photo: reference.photo, digest: reference.digest, weight: Number(weight.value) };
  return JSON.stringify(value);
}

function send() {
  sentAt = performance.now();
  props.value = query();
  if (pen === null) keep();
}

function search() {
  const before = props.value;
  send();
  if (props.value === before) trigger("submit"); // otherwise the change is searched for, and once is enough
  document.querySelector(".zs-results")?.scrollIntoView({ behavior: "smooth", block: "nearest" });
}

// ---- Drawing and rubbing out

let pen = null; // the pointer that is down, and its stroke; or where the eraser was last

function undo() {
  if (pen === null && step(history.earlier, history.later)) send();
}

function redo() {
  if (pen === null && step(history.later, history.earlier)) send();
}

function clear() {
  if (pen !== null || isBlank()) return;
  turnTo(BLANK);
  send();
}

function pointsOf(event) {
  const box = canvas.getBoundingClientRect();
  const within = (value, limit) => Math.round(Math.min(Math.max(value, 0), 1) * limit * 10) / 10;
  const moves = event.getCoalescedEvents?.() ?? [];
  return (moves.length ? moves : [event]).map((move) => [
    within((move.clientX - box.left) / box.width, WIDTH),
    within((move.clientY - box.top) / box.height, HEIGHT),
    ...(event.pointerType === "pen" ? [Math.round(move.pressure * 100) / 100] : []),
  ]);
}

function startStroke(event) {
  if (pen !== null || event.button !== 0) return;
  event.preventDefault();
  canvas.setPointerCapture(event.pointerId);
  const tool = find(".zs-pens input:checked").value;
  const points = pointsOf(event).slice(-1);
  if (tool === "eraser") {
    pen = { pointer: event.pointerId, rubber: points[0], isFresh: true };
    rub(points);
    return;
  }
  const stroke = { width: Number(tool), points };
  pen = { pointer: event.pointerId, stroke };
  turnTo({ ...page, strokes: [...page.strokes, stroke] });
}

function continueStroke(event) {
  if (pen?.pointer !== event.pointerId) return;
  if (pen.rubber) rub(pointsOf(event));
  else extend(pen.stroke.points, pointsOf(event));
  if (performance.now() - sentAt >= REFRESH_MS) send();
}

function extend(points, added) {
  for (const point of added) {
    const [x, y] = points.at(-1);
    if (Math.hypot(point[0] - x, point[1] - y) >= MIN_STEP) points.push(point);
  }
  repaint();
}

/** Moves the eraser; all of one movement is one step of undo. */
function rub(points) {
  for (const point of points) {
    const next = rubbedOut(pen.rubber.slice(0, 2), point.slice(0, 2));
    pen.rubber = point;
    if (next === page) continue;
    if (pen.isFresh) turnTo(next);
    else replacePage(next);
    pen.isFresh = false;
  }
}

function endStroke(event) {
  if (pen?.pointer !== event.pointerId) return;
  pen = null;
  send();
}

// ---- A photo that is searched with beside the drawing (chosen in photo_dialog.js)

let reference = null;
const weight = find(".zs-reference input");

function refineWith(photo) {
  reference = photo;
  find(".zs-reference").hidden = photo === null;
  if (photo) {
    find(".zs-reference img").src = photo.url;
    find(".zs-reference img").alt = photo.title;
  }
  send();
}

Object.assign(canvas, { query, isBlank, refineWith }); // for photo_dialog.js

// ---- Examples

function exampleButton(example) {
  const button = document.createElement("button");
  button.type = "button";
  button.title = example.name;
  button.setAttribute("aria-label", `Example drawing: ${example.name}`);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("aria-hidden", "true");
  for (const stroke of example.strokes) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", pathThrough(stroke.points));
    svg.append(path);
  }
  button.append(svg);
  button.addEventListener("click", () => {
    turnTo({ ...BLANK, strokes: example.strokes });
    send();
  });
  return button;
}

// ---- Wiring

canvas.addEventListener("pointerdown", startStroke);
canvas.addEventListener("pointermove", continueStroke);
for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(end, endStroke);

find(".zs-undo").addEventListener("click", undo);
find(".zs-redo").addEventListener("click", redo);
find(".zs-clear").addEventListener("click", clear);
find(".zs-search").addEventListener("click", search);
find(".zs-reference button").addEventListener("click", () => refineWith(null));
weight.addEventListener("input", () => {
  if (performance.now() - sentAt >= REFRESH_MS) send();
});
weight.addEventListener("change", send);
for (const button of element.querySelectorAll(".zs-formats button")) {
  button.addEventListener("click", () => {
    find(".zs-save").open = false;
    save(button.value);
  });
}

const KEYS = {
  "ctrl+z": undo,
  "ctrl+shift+z": redo,
  "ctrl+y": redo,
  delete: clear,
};

document.addEventListener("keydown", (event) => {
  if (event.target.closest?.("input:not([type=radio]), textarea, dialog")) return; // they have keys of their own
  const key = `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${event.shiftKey ? "shift+" : ""}${event.key.toLowerCase()}`;
  const photo = /^[1-9]$/.test(key) && document.querySelectorAll(".zs-photo a")[Number(key) - 1];
  if (photo) photo.click();
  else if (KEYS[key]) KEYS[key]();
  else return;
  event.preventDefault();
});

const chooser = find(".zs-upload input");
chooser.addEventListener("change", () => {
  open(chooser.files[0]);
  chooser.value = ""; // so that choosing the same file again counts as a change
});
canvas.addEventListener("dragover", (event) => event.preventDefault());
canvas.addEventListener("drop", (event) => {
  event.preventDefault();
  open(event.dataTransfer.files[0]);
});

find(".zs-examples").append(...props.examples.map(exampleButton));
new ResizeObserver(repaint).observe(canvas);
new MutationObserver(repaint).observe(document.body, { attributes: true, attributeFilter: ["class"] }); // light, dark
setTimeout(bringBack); // Gradio sets the first value once more when this script is through
