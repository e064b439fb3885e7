// Pointers on the drawing area: which of mouse, fingers and pen draws, and when a stroke was not meant.
//
// A pen goes before a finger: where it comes down, what a finger had begun is taken back, and while it is used the hand
// that holds it leaves no ink. A second finger takes back what the first began, as two fingers pinch.

const PEN_REST_MS = 20_000; // after so long without the pen a finger draws again
const ERASER_BUTTON = 5; // the other end of a pen; bit 32 of `buttons`
const ERASER_BIT = 32;

/**
 * Tells `hand` what is drawn.
 *
 * hand.begin(event, isRubbing) starts a stroke; hand.move(events) goes on, with all points since the last frame;
 * hand.end() finishes it; hand.takeBack() unmakes it.
 */
export function followPointers(canvas, hand) {
  const fingers = new Set(); // on the canvas
  let active = null; // { id, type } of the pointer that draws
  let penAt = -Infinity; // when there was a sign of the pen, be it only that it hovers

  function end() {
    active = null;
    hand.end();
  }

  function takeBack() {
    active = null;
    hand.takeBack();
  }

  /** Whether a pointer that comes down may draw. */
  function mayDraw(event) {
    if (event.pointerType === "pen") {
      if (active?.type === "touch") takeBack();
      return active === null && (event.button === 0 || event.button === ERASER_BUTTON);
    }
    if (event.pointerType === "touch") {
      if (fingers.size > 1 && active?.type === "touch") takeBack();
      return active === null && fingers.size === 1 && performance.now() - penAt > PEN_REST_MS;
    }
    return active === null && event.button === 0;
  }

  canvas.addEventListener("pointerdown", (event) => {
    notice(event);
    if (event.pointerType === "touch") fingers.add(event.pointerId);
    if (!mayDraw(event)) return;
    event.preventDefault();
    document.activeElement?.blur(); // or keys would go on to what was used before
    capture(event.pointerId);
    active = { id: event.pointerId, type: event.pointerType };
    hand.begin(event, event.button === ERASER_BUTTON || (event.buttons & ERASER_BIT) !== 0);
  });

  canvas.addEventListener("pointermove", (event) => {
    notice(event);
    if (active?.id !== event.pointerId) return;
    if (event.buttons === 0 && event.pressure === 0) {
      end(); // it was lifted where the page is not told, as outside the window
      return;
    }
    const between = event.getCoalescedEvents?.() ?? []; // several may have come since the last frame
    hand.move(between.length ? between : [event]);
  });

  /** The pointer was lifted or lost; a finger that the system took for a palm has drawn nothing. */
  function leave(event) {
    fingers.delete(event.pointerId);
    if (active?.id !== event.pointerId) return;
    if (event.type === "pointercancel" && event.pointerType === "touch") takeBack();
    else end();
  }

  // Wherever that is: a browser may take the capture of a pointer away while it is still down.
  for (const type of ["pointerup", "pointercancel"]) window.addEventListener(type, leave, true);

  // A page in the background is not told when a pointer is lifted.
  window.addEventListener("blur", () => {
    fingers.clear();
    if (active) end();
  });

  // A pen held still on a tablet asks for a menu, and Scribble of an iPad swallows short strokes unless it is told not to.
  canvas.addEventListener("contextmenu", (event) => active && event.preventDefault());
  // Scrolling that is under way cannot be stopped.
  canvas.addEventListener("touchmove", (event) => event.cancelable && event.preventDefault(), { passive: false });

  function notice({ pointerType }) {
    if (pointerType === "pen") penAt = performance.now();
  }

  /** Follows the pointer beyond the edge; one that is gone already, or that a script made up, cannot be followed. */
  function capture(id) {
    try {
      canvas.setPointerCapture(id);
    } catch (error) {
      if (error.name !== "NotFoundError") throw error;
    }
  }

  return {
    get isDrawing() {
      return active !== null;
    },
  };
}
