// Says that the page could not be started, as while a new version of the site is put up and some of its files are gone. It is
// no module and runs before all others, which could say nothing of their own lack.

let isStarted = false;

function tell() {
  const sentence = document.querySelector(".zs-unstarted");
  if (sentence) sentence.hidden = false;
  else document.addEventListener("DOMContentLoaded", tell, { once: true });
}

/** Whether a script or a style did not come, or a script failed; a browser reports harmless things as errors, too. */
const isFatal = ({ target, error }) => (target === window ? error instanceof Error : target.matches("script, link"));

document.addEventListener("zs-ready", () => (isStarted = true));
if (location.protocol !== "file:") {
  window.addEventListener("error", (event) => !isStarted && isFatal(event) && tell(), true);
}
