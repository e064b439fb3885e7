// Runs before Gradio (see early_scripts.py). Gradio 6.31's loader counts the seconds at every frame and goes on when it is
// gone, so the page would never rest: that costs a slow machine one frame in two while it is drawn on, and a phone its
// battery. Once the page is there its next frame is not granted, and it is over.

const LONG_ENOUGH_MS = 1_000;
const grant = window.requestAnimationFrame.bind(window);
const isLoader = (work) => /performance\.now\(\).*\/1e3/s.test(Function.prototype.toString.call(work));
let mayRun = () => true;

window.requestAnimationFrame = (work) => (mayRun(work) ? grant(work) : 0);
document.addEventListener("zs-ready", () => {
  mayRun = (work) => !isLoader(work);
  setTimeout(() => (mayRun = () => true), LONG_ENOUGH_MS);
});
