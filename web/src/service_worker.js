// Keeps the site in the browser, so that it works without a network and is fetched once. It is no module and is not
// bundled: it lies at the top of the site, beside version.js, which says what belongs to this build (zsbir/site/build.py).

importScripts("version.js");

const { version, files, runtimes } = self.SITE;
const KEPT = `zsbir ${version}`;
const SEEN = "zsbir seen"; // what was fetched on the way: photos, other encoders
const LASTING = /^(assets\/.+-[\w-]{8}\.\w+|data\/(encoders|galleries)\/.+)$/; // paths that never mean anything else
const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

const pathOf = (address) => address.slice(self.registration.scope.length).replace(/[?#].*/, "");

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(Promise.all([forget(), self.clients.claim()])));
self.addEventListener("message", ({ data }) => data === "take over" && self.skipWaiting());
self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(self.registration.scope)) event.respondWith(answer(event.request));
});

/** Fetches what belongs to this build; what the page has fetched already is asked for again only whether it changed. */
async function keep() {
  const before = await stems();
  const cache = await caches.open(KEPT);
  await Promise.all([...files, ...runtimes.filter((file) => before.has(stem(file)))].map(async (file) => {
    const address = new URL(file, self.registration.scope).href;
    const known = LASTING.test(file) ? await caches.match(address) : undefined;
    const response = known ?? (await fetch(address, { cache: "no-cache" }));
    if (!response.ok) throw new Error(`${file}: ${response.status}`);
    await cache.put(address, response);
    await (await caches.open(SEEN)).delete(address);
  }));
}

/** What is kept by now, by any build: only such a runtime is kept as this browser has used before. */
async function stems() {
  const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
  return new Set(all.flat().map(({ url }) => stem(pathOf(url))));
}

/** The name of a file without what changes with its content. */
const stem = (file) => file.replace(/-[\w-]{8}(\.\w+)$/, "$1");

/** Deletes what older builds have kept. */
async function forget() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("zsbir ") && name !== KEPT && name !== SEEN).map((name) => caches.delete(name)));
}

async function answer(request) {
  const path = pathOf(request.url);
  const address = path === "" ? new URL("index.html", self.registration.scope).href : request.url;
  const known = (await (await caches.open(KEPT)).match(address)) ?? (await (await caches.open(SEEN)).match(address));
  if (known) return isolated(known);
  const response = await fetch(request);
  if (response.status === 200 && LASTING.test(path)) {
    const copy = response.clone();
    caches.open(SEEN).then((cache) => cache.put(address, copy)).catch(() => {}); // no room: it is fetched again
  }
  return isolated(response);
}

/** With the headers by which the page may use threads, also where the host sends none. */
function isolated(response) {
  if (response.type === "opaque" || response.type === "error" || response.redirected) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
