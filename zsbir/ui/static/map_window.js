// Going about on the map: larger and smaller, moved with the mouse or a finger, and the visitor's own mark kept in view.
//
// The wheel scrolls the page, as somebody who passes over the map wants, unless Ctrl is held or the map was clicked: then it
// makes the map larger and smaller, until Escape or a click beside it.

const ZOOMS = [1, 1.5, 2, 3, 4];
const NOTCH = 45; // pixels of the wheel for one step; touchpads send many small ones
const STEP_MS = 100; // between two steps, at least: what a touchpad sends by itself afterwards is not meant
const DRAG = 5; // pixels that the mouse goes before a click is a movement
const REST_MS = 1_500; // after the visitor moved the map it stays where it is for so long
const STILL_MS = 400; // without scrolling, after which it has ended
const EDGE = 40; // pixels between the mark and the edge of the window, when it is brought back into view

/** `view` is the window, `plane` the map in it; `smaller` and `larger` are buttons. */
export function moveAbout({ view, plane, smaller, larger }) {
  let zoom = 0; // index in ZOOMS
  let size = { width: 0, height: 0, planeWidth: 0, planeHeight: 0 }; // known without asking, which would lay out the page
  let scrolled = { left: 0, top: 0 };
  let goal = null; // where the window is on its way to
  let arriving = 0; // the timer of its end
  let mark = null; // where the visitor's own mark is, as shares of the plane
  let isHeld = false; // the wheel belongs to the map
  let turned = 0; // of the wheel since the last step
  let steppedAt = -Infinity;
  let movedAt = -Infinity; // when the visitor last moved the map
  let drag = null; // { x, y, left, top, hasMoved } of the mouse while its button is down
  const fingers = new Set();

  function measure() {
    size = { width: view.clientWidth, height: view.clientHeight, planeWidth: plane.offsetWidth, planeHeight: plane.offsetHeight };
  }

  const sizes = new ResizeObserver(measure);
  sizes.observe(view);
  sizes.observe(plane);
  view.addEventListener("scroll", follow, { passive: true });
  for (const type of ["scrollend", "pointerdown"]) view.addEventListener(type, arrive);

  function follow() {
    scrolled = { left: view.scrollLeft, top: view.scrollTop };
    clearTimeout(arriving);
    arriving = setTimeout(arrive, STILL_MS); // some browsers do not tell that scrolling has ended
  }

  function arrive() {
    goal = null;
  }

  // ---- The mark

  const markAt = ({ left, top } = scrolled) => ({ x: mark.across * size.planeWidth - left, y: mark.down * size.planeHeight - top });
  const isIn = ({ x, y }) => x >= 0 && y >= 0 && x <= size.width && y <= size.height;

  /** The mark is now there, in shares of the plane; null: there is none. The window goes after it, unless it is being moved. */
  function keepInView(place) {
    mark = place;
    if (!mark || drag || fingers.size || performance.now() - movedAt < REST_MS || size.planeWidth === 0) return;
    const from = goal ?? scrolled; // what is seen now may be out of view once the window has come there
    const { x, y } = markAt(from);
    if (isIn({ x, y })) return;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    goal = {
      left: within(from.left + away(x, size.width), size.planeWidth - size.width),
      top: within(from.top + away(y, size.height), size.planeHeight - size.height),
    };
    view.scrollTo({ ...goal, behavior: isStill ? "auto" : "smooth" });
  }

  const within = (place, most) => Math.min(Math.max(place, 0), Math.max(most, 0));

  /** How far the window must go for a place in it to be well inside. */
  function away(place, length) {
    if (place < 0) return place - Math.min(EDGE, length / 2);
    return place > length ? place - length + Math.min(EDGE, length / 2) : 0;
  }

  // ---- Larger and smaller

  /** Shows the map larger or smaller; what is at a point of the window stays there: the mark if it is seen, or the middle. */
  function zoomTo(next, point = null) {
    measure();
    goal = null;
    scrolled = { left: view.scrollLeft, top: view.scrollTop };
    zoom = within(next, ZOOMS.length - 1);
    const { x, y } = point ?? (mark && isIn(markAt()) ? markAt() : { x: size.width / 2, y: size.height / 2 });
    const [across, down] = [(scrolled.left + x) / size.planeWidth, (scrolled.top + y) / size.planeHeight];
    plane.style.width = `${100 * ZOOMS[zoom]}%`;
    view.classList.toggle("zs-larger-than-window", zoom > 0);
    measure();
    view.scrollTo(across * size.planeWidth - x, down * size.planeHeight - y);
    scrolled = { left: view.scrollLeft, top: view.scrollTop };
    smaller.disabled = zoom === 0;
    larger.disabled = zoom === ZOOMS.length - 1;
  }

  larger.addEventListener("click", () => zoomTo(zoom + 1));
  smaller.addEventListener("click", () => zoomTo(zoom - 1));

  // ---- The wheel

  function hold(isNowHeld) {
    isHeld = isNowHeld;
    view.classList.toggle("zs-held-map", isHeld);
  }

  const inPixels = (event) => event.deltaY * [1, 16, size.height][event.deltaMode];

  view.addEventListener(
    "wheel",
    (event) => {
      if (!isHeld && !event.ctrlKey) {
        if (getComputedStyle(view).overflowY === "hidden") return; // the browser scrolls the page
        event.preventDefault(); // with a finger the map could be scrolled, see map.css; the wheel is not to
        window.scrollBy(event.deltaX, inPixels(event));
        return;
      }
      event.preventDefault();
      movedAt = performance.now();
      const isPinch = event.ctrlKey && Math.abs(event.deltaY) < 20; // on a touchpad: small steps that mean a lot
      turned = Math.sign(turned) === Math.sign(event.deltaY) ? turned : 0;
      turned += inPixels(event) * (isPinch ? 4 : 1);
      if (Math.abs(turned) < NOTCH || performance.now() - steppedAt < STEP_MS) return;
      steppedAt = performance.now();
      const box = view.getBoundingClientRect();
      zoomTo(zoom - Math.sign(turned), { x: event.clientX - box.left, y: event.clientY - box.top });
      turned = 0;
    },
    { passive: false },
  );

  document.addEventListener("pointerdown", ({ target }) => hold(view.contains(target) || (isHeld && target.closest("dialog") !== null)), true);
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !isHeld || document.querySelector("dialog[open]")) return;
      hold(false);
      event.preventDefault(); // it means nothing else then
    },
    true,
  );

  // ---- Moved with the mouse; with fingers the browser does it

  view.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") fingers.add(event.pointerId);
    else if (event.button === 0) drag = { x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop, hasMoved: false };
  });

  window.addEventListener("pointermove", (event) => {
    if (fingers.has(event.pointerId)) movedAt = performance.now();
    if (!drag || event.pointerType === "touch" || event.buttons === 0) return;
    const [across, down] = [event.clientX - drag.x, event.clientY - drag.y];
    const fits = size.planeWidth <= size.width && size.planeHeight <= size.height;
    if (!drag.hasMoved && (fits || Math.hypot(across, down) < DRAG)) return;
    drag.hasMoved = true;
    movedAt = performance.now();
    view.classList.add("zs-dragged");
    view.scrollTo(drag.left - across, drag.top - down);
  });

  for (const end of ["pointerup", "pointercancel"]) {
    window.addEventListener(end, (event) => {
      if (fingers.delete(event.pointerId)) movedAt = performance.now(); // it goes on for a while by itself
      view.classList.remove("zs-dragged");
      setTimeout(() => (drag = null)); // after the click that ends it
    });
  }

  return {
    zoomTo,
    keepInView,
    /** Whether the click that is being told of ended a movement of the map. */
    wasMoved: () => drag?.hasMoved === true,
  };
}
