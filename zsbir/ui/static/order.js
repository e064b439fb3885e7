// Where a component stands in the document: above the photos, or below them where a small screen is for drawing and photos.
// It is moved, not only shown elsewhere, so that keys and screen readers go the way the eye does.

const small = matchMedia("(max-width: 720px), (max-height: 500px)"); // as in the styles

/** Keeps a component before the photos, or a part that holds them, on a large screen, and after them on a small one. */
export function keepBeside(photos, component) {
  function place() {
    const focused = component.contains(document.activeElement) ? document.activeElement : null;
    if (small.matches) photos.after(component);
    else photos.before(component);
    focused?.focus({ preventScroll: true }); // moving takes it away
  }

  small.addEventListener("change", place);
  place();
}
