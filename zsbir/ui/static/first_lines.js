// Runs before the page's other scripts, so that who draws while those still load loses nothing. What the pointer does on the
// drawing area is kept and shown in plain ink, and happens again, with the pen that was chosen then, once canvas.js says that
// it listens.

const AREA = "#zs-canvas canvas";
const CHOSEN = "#zs-canvas .zs-pens input:checked"; // its value is how wide the pen draws, or "eraser" (canvas.html)
const HINT = "#zs-canvas .zs-hint"; // canvas.js shows it again if nothing was drawn
const PAGE = 1000; // the area's width in the units of pens (strokes.js)
const RUBBED = 68; // what the eraser takes, in the same
const UNSIZED = 300; // pixels across, of a canvas that nobody has given a size
const DRAWING = [0, 5]; // buttons: the first, a finger or a pen; the other end of a pen
const TYPES = ["pointerdown", "pointermove", "pointerup", "pointercancel"];

const moments = []; // what happened, with the place as shares of the area: it may still move while the page is put together
const last = new Map(); // the last place of each pointer that is down, by its number

function keep(event) {
  const area = document.querySelector(AREA);
  if (event.type === "pointerdown" && event.target === area && DRAWING.includes(event.button)) last.set(event.pointerId, null);
  if (!area || !last.has(event.pointerId)) return;
  event.stopImmediatePropagation(); // or it would happen twice to a page that begins to listen just now
  const between = event.type === "pointermove" ? (event.getCoalescedEvents?.() ?? []) : [];
  for (const it of between.length ? between : [event]) keepOne(area, it);
  if (event.type === "pointerup" || event.type === "pointercancel") last.delete(event.pointerId);
}

function keepOne(area, { type, pointerId, pointerType, pressure, button, buttons, clientX, clientY }) {
  const box = area.getBoundingClientRect();
  const place = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  moments.push({ type, how: { pointerId, pointerType, pressure, button, buttons }, place, pen: document.querySelector(CHOSEN) });
  document.querySelector(HINT).hidden = true;
  show(area, last.get(pointerId) ?? place, place);
  last.set(pointerId, place);
}

function show(area, from, to) {
  if (area.width === UNSIZED) [area.width, area.height] = [area.clientWidth, area.clientHeight]; // later it is the painter's
  const context = area.getContext("2d");
  context.save();
  context.resetTransform();
  const { value } = document.querySelector(CHOSEN);
  context.globalCompositeOperation = value === "eraser" ? "destination-out" : "source-over";
  context.strokeStyle = getComputedStyle(area).color;
  context.lineWidth = ((Number(value) || RUBBED) / PAGE) * area.width;
  context.lineCap = "round";
  context.beginPath();
  for (const [across, down] of [from, to]) context.lineTo(across * area.width, down * area.height);
  context.stroke();
  context.restore();
}

/** Lets all of it happen again. */
function hand() {
  for (const type of TYPES) window.removeEventListener(type, keep, true);
  const [area, held] = [document.querySelector(AREA), document.querySelector(CHOSEN)];
  for (const { type, how, place, pen } of moments) {
    take(pen);
    const box = area.getBoundingClientRect();
    const [clientX, clientY] = [box.left + place[0] * box.width, box.top + place[1] * box.height];
    area.dispatchEvent(new PointerEvent(type, { ...how, clientX, clientY, bubbles: true, cancelable: true }));
  }
  take(held);
}

function take(pen) {
  if (pen.checked) return;
  pen.checked = true;
  pen.dispatchEvent(new Event("change", { bubbles: true }));
}

for (const type of TYPES) window.addEventListener(type, keep, true);
document.addEventListener("zs-ready", hand, { once: true });
