// By which photos are known, whatever they are called.

/** SHA-256, by which copies of a photo are known; on pages that may not compute it, the name and the size. */
export async function digestOf(content, name) {
  return crypto.subtle ? sha256(await content.arrayBuffer()) : `${name} ${content.size}`;
}

/** By what photos in their order are known; null on pages that may not compute it. */
export async function markOf(photos) {
  return crypto.subtle ? sha256(new TextEncoder().encode(photos.map(({ digest }) => digest).join("\n"))) : null;
}

async function sha256(content) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
