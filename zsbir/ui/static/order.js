// Where a component stands in the document: above the photos, or below them where a small screen is for drawing and photos.
// It is moved, not only shown elsewhere, so that keys and screen readers go the way the eye does.

const small = matchMedia("(max-width: 720px), (max-height: 500px)"); // as in the styles

/**
 * Keeps a component before the photos, or a part that holds them, on a large screen, and after them on a small one: the
 * farther from them the higher its `rank`, whichever of several comes first.
 */
export function keepBeside(photos, component, rank = 0) {
  function place() {
    const focused = component.contains(document.activeElement) ? document.activeElement : null;
    const nearer = [...photos.parentElement.children].filter((it) => it !== component && it.dataset.rank < rank);
    if (small.matches) (nearer.at(-1) ?? photos).after(component);
    else (nearer[0] ?? photos).before(component);
    focused?.focus({ preventScroll: true }); // moving takes it away
  }

  component.dataset.rank = rank;
  small.addEventListener("change", place);
  place();
}
