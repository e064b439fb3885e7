// Lets the browser keep the site, and says when a new version of it is there.

/** Registers the service worker; `line` gets a button once a new version is ready. */
export async function keepOffline(line) {
  if (!navigator.serviceWorker) return; // as on pages that are not served securely
  const registration = await navigator.serviceWorker.register("service_worker.js").catch(() => null);
  if (!registration) return;

  function offer() {
    if (!registration.waiting || !navigator.serviceWorker.controller) return; // the first version is no new one
    line.hidden = false;
  }

  line.querySelector("button").addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    registration.waiting?.postMessage("take over");
  });
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", offer);
  });
  offer();
}

/** Looks whether a new version is there, besides when the page is opened. */
export function lookForNewer() {
  navigator.serviceWorker
    ?.getRegistration()
    .then((registration) => registration?.update())
    .catch(() => {}); // as without a network
}
