// A ring around the pointer that shows how much the eraser takes; not under a finger, which would hide it.

const ERASER_BIT = 32; // of `buttons`: the other end of a pen

/** Lets `ring` follow mouse and pen over `canvas` while the radio button `eraser` is chosen. */
export function showRing(ring, canvas, eraser) {
  let box = null; // of the canvas on the screen
  let isShown = false;

  function show(isNear) {
    if (isShown === isNear) return;
    isShown = isNear;
    ring.classList.toggle("zs-near", isNear);
  }

  function follow(event) {
    const rubs = eraser.checked || (event.buttons & ERASER_BIT) !== 0;
    show(rubs && event.pointerType !== "touch");
    if (!isShown) return;
    box ??= canvas.getBoundingClientRect(); // read once, not at every movement
    ring.style.transform = `translate(${event.clientX - box.left}px, ${event.clientY - box.top}px)`;
  }

  const forget = () => (box = null);
  window.addEventListener("scroll", forget, { passive: true });
  new ResizeObserver(forget).observe(document.body);
  canvas.addEventListener("pointerenter", forget);
  for (const event of ["pointerenter", "pointerdown", "pointermove"]) canvas.addEventListener(event, follow);
  for (const event of ["pointerleave", "pointercancel"]) canvas.addEventListener(event, () => show(false));
}
