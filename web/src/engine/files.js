// Files of the site, fetched whole: one that is cut short, or is another than the site was built with, is refused.

/** The bytes of a file; `bytes` is how many it has. `progress(loaded)` is told how many are there. */
export async function fetched(address, bytes, progress = () => {}) {
  const response = await answered(address);
  const content = new Uint8Array(bytes);
  let loaded = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    if (loaded + value.length > bytes) throw damaged(address);
    content.set(value, loaded);
    loaded += value.length;
    progress(loaded);
  }
  if (loaded !== bytes) throw damaged(address);
  keep(address, content).catch(() => {}); // no room, or nothing may be kept: it is fetched again
  return content;
}

/** Lays a file where the service worker finds it, which would fetch it once more otherwise, or does not know of it. */
async function keep(address, content) {
  if (!globalThis.caches || (await caches.match(address))) return;
  const seen = await caches.open("zsbir seen"); // service_worker.js has the same
  if (content) await seen.put(address, new Response(content));
  else await seen.add(address); // out of what the browser keeps
}

/** The same with files that were loaded by others; what there is no room for is loaded again. */
export async function keepLoaded(addresses) {
  await Promise.all(addresses.map((address) => keep(address).catch(() => {})));
}

/** What a file of JSON says; it is damaged unless `isSound` of that. */
export async function fetchedJson(address, isSound = () => true) {
  let said;
  try {
    said = await (await answered(address)).json();
  } catch (error) {
    throw error instanceof SyntaxError ? damaged(address) : error;
  }
  if (!isSound(said)) throw damaged(address);
  return said;
}

/** A file as it is. */
export async function blobAt(address) {
  return (await answered(address)).blob();
}

async function answered(address) {
  const name = nameOf(address);
  let response;
  try {
    response = await fetch(address);
  } catch {
    throw new Error(`${name} can't be had: the network or the site is gone; try again.`);
  }
  if (!response.ok) throw new Error(`${name} is missing from this site; whoever put it up has to build it again.`);
  return response;
}

function damaged(address) {
  return new Error(`${nameOf(address)} of this site is damaged or cut short; reload the page, or build the site again.`);
}

const nameOf = (address) => new URL(address).pathname.split("/").at(-1);
