// The drawing area. Gradio runs this once, as the body of a function, when the component is loaded, and hands over
//   element  the component's root, filled from canvas.html
//   props    props.value is what the server searches for, props.examples are the example drawings
//   trigger  fires an event of the component ("submit" searches again); setting props.value fires "change"
//   server   functions of canvas.py, each returning a promise

const WIDTH = 1000; // the page, in its own units; the screen shows it at any size
const HEIGHT = 800;
const REFRESH_MS = 300; // while a stroke is being drawn, search at most this often
const MIN_STEP = 3; // points closer together than this say nothing new
const MAX_UPLOAD_BYTES = 20_000_000; // canvas.py has the same limit

const find = (selector) => element.querySelector(selector);
const canvas = find("canvas");
const undoButton = find(".zs-undo");
const clearButton = find(".zs-clear");
const notice = find(".zs-notice");

// ---- The page: strokes, over a picture if one was uploaded. Only the stroke under the pen
// grows; everything else replaces the page, so that undo can bring the old one back.

const BLANK = { strokes: [], picture: null };
let page = BLANK;
let revision = 0; // rises with every replacement
const earlier = []; // pages to go back to

function isBlank() {
  return page.strokes.length === 0 && page.picture === null;
}

/** Shows another page; what was shown before can be had back with undo. */
function turnTo(next) {
  earlier.push(page);
  replacePage(next);
}

function replacePage(next) {
  page = next;
  revision += 1;
  undoButton.disabled = earlier.length === 0;
  clearButton.disabled = isBlank();
  find(".zs-hint").hidden = !isBlank();
  say("");
  repaint();
}

function undo() {
  if (pen !== null || earlier.length === 0) return;
  replacePage(earlier.pop());
  send();
}

function clear() {
  if (pen !== null || isBlank()) return;
  turnTo(BLANK);
  send();
}

/** One sentence for the visitor, under the tools; none hides it. */
function say(sentence) {
  notice.textContent = sentence;
  notice.hidden = sentence === "";
}

// ---- Talking to the server: strokes as JSON; as a picture only if a picture lies under them.

let sentAt = 0;

function send() {
  sentAt = performance.now();
  props.value = page.picture ? flatten() : JSON.stringify({ width: WIDTH, height: HEIGHT, strokes: page.strokes });
}

function flatten() {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [WIDTH * 0.64, HEIGHT * 0.64];
  paint(copy, "#000");
  return copy.toDataURL("image/png");
}

function search() {
  send();
  trigger("submit");
  document.querySelector(".zs-results")?.scrollIntoView({ behavior: "smooth", block: "nearest" });
}

// ---- Painting

/** SVG path data along the points: gentle bends are rounded, corners kept; a single point is a dot. */
function pathThrough(points) {
  let data = `M${points[0].join(" ")}`;
  if (points.length === 1) return `${data}l.01 0`;
  for (let at = 1; at < points.length - 1; at += 1) {
    const [[x0, y0], [x, y], [x1, y1]] = points.slice(at - 1, at + 2);
    const straightness = (x - x0) * (x1 - x) + (y - y0) * (y1 - y);
    const isCorner = straightness < 0.5 * Math.hypot(x - x0, y - y0) * Math.hypot(x1 - x, y1 - y);
    data += isCorner ? `L${x} ${y}` : `Q${x} ${y} ${(x + x1) / 2} ${(y + y1) / 2}`;
  }
  return `${data}L${points.at(-1).join(" ")}`;
}

function paint(target, ink) {
  const context = target.getContext("2d");
  context.setTransform(target.width / WIDTH, 0, 0, target.height / HEIGHT, 0, 0);
  context.clearRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = context.strokeStyle = ink;
  context.lineCap = context.lineJoin = "round";
  if (page.picture) {
    // Ink is what is opaque in the picture; it takes the colour of the pen, so it fits the dark theme too.
    context.drawImage(page.picture, (WIDTH - HEIGHT) / 2, 0, HEIGHT, HEIGHT);
    context.globalCompositeOperation = "source-in";
    context.fillRect(0, 0, WIDTH, HEIGHT);
    context.globalCompositeOperation = "source-over";
  }
  for (const stroke of page.strokes) {
    context.lineWidth = stroke.width;
    context.stroke(new Path2D(pathThrough(stroke.points)));
  }
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

// ---- Drawing

let pen = null; // the pointer that is down, and its stroke

function pointsOf(event) {
  const box = canvas.getBoundingClientRect();
  const within = (value, limit) => Math.round(Math.min(Math.max(value, 0), 1) * limit * 10) / 10;
  const moves = event.getCoalescedEvents?.() ?? [];
  return (moves.length ? moves : [event]).map((move) => [
    within((move.clientX - box.left) / box.width, WIDTH),
    within((move.clientY - box.top) / box.height, HEIGHT),
  ]);
}

function startStroke(event) {
  if (pen !== null || event.button !== 0) return;
  event.preventDefault();
  canvas.setPointerCapture(event.pointerId);
  const width = Number(find(".zs-pens input:checked").value);
  const stroke = { width, points: pointsOf(event).slice(-1) };
  pen = { pointer: event.pointerId, stroke };
  turnTo({ ...page, strokes: [...page.strokes, stroke] });
}

function continueStroke(event) {
  if (pen?.pointer !== event.pointerId) return;
  const { points } = pen.stroke;
  for (const [x, y] of pointsOf(event)) {
    const [lastX, lastY] = points.at(-1);
    if (Math.hypot(x - lastX, y - lastY) >= MIN_STEP) points.push([x, y]);
  }
  repaint();
  if (performance.now() - sentAt >= REFRESH_MS) send();
}

function endStroke(event) {
  if (pen?.pointer !== event.pointerId) return;
  pen = null;
  send();
}

// ---- Uploads: the server turns any picture into ink on transparent paper, or says why it cannot.

async function open(file) {
  if (!file) return;
  if (file.size > MAX_UPLOAD_BYTES) {
    say(`Expected a picture of at most ${MAX_UPLOAD_BYTES / 1e6} MB, found ${file.name} with more; scale it down first.`);
    return;
  }
  const asked = ++revision;
  say("Reading the picture …");
  let answer;
  try {
    answer = await server.read_picture(await dataUrl(file));
  } catch {
    answer = { error: "The picture could not be sent; try again." };
  }
  if (revision !== asked) return; // something newer is on the page by now
  if (!answer.picture) {
    say(answer.error ?? "The picture could not be read; try another.");
    return;
  }
  const picture = new Image();
  picture.src = answer.picture;
  await picture.decode();
  if (revision !== asked) return;
  turnTo({ strokes: [], picture });
  send();
}

function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

// ---- Examples

function exampleButton(example) {
  const button = document.createElement("button");
  button.type = "button";
  button.title = example.name;
  button.setAttribute("aria-label", `Example drawing: ${example.name}`);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("aria-hidden", "true");
  for (const stroke of example.strokes) {
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("d", pathThrough(stroke.points));
    svg.append(path);
  }
  button.append(svg);
  button.addEventListener("click", () => {
    turnTo({ strokes: example.strokes, picture: null });
    send();
  });
  return button;
}

// ---- Wiring

canvas.addEventListener("pointerdown", startStroke);
canvas.addEventListener("pointermove", continueStroke);
for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(end, endStroke);

undoButton.addEventListener("click", undo);
clearButton.addEventListener("click", clear);
find(".zs-search").addEventListener("click", search);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=radio]), textarea");
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z" && !typing) undo();
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
