// Gradio 6.31's loader counts the seconds at every frame, and goes on when it is gone: the page would never rest, which
// costs a slow machine one frame in two while it is drawn on, and a phone its battery. So its next frame is not asked for.

const LONG_ENOUGH_MS = 1_000;

export function letLoaderRest() {
  const ask = window.requestAnimationFrame;
  const isLoader = (work) => /performance\.now\(\).*\/1e3/s.test(Function.prototype.toString.call(work));
  window.requestAnimationFrame = (work) => (isLoader(work) ? 0 : ask.call(window, work));
  setTimeout(() => (window.requestAnimationFrame = ask), LONG_ENOUGH_MS);
}
