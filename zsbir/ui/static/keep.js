// The drawing is kept in the tab, so that it is there again after a reload, or when a server that was gone is back; one that
// is too large to be searched with, too.

import { kept } from "./storage.js";
import { checkedEach, checkedWays, jsonOf } from "./strokes.js";

const KEPT = "zs-drawing";
const REST_MS = 400; // without a change, until it is written

/** Keeps a page from now on; `restored` is called when one was brought back. */
export function keepIn(page, restored) {
  let timer = 0;

  function write() {
    clearTimeout(timer);
    timer = 0;
    const { strokes, rubbed, picture } = page.now;
    const rest = JSON.stringify({ rubbed, picture: picture?.src });
    try {
      kept.setItem(KEPT, `{"strokes":[${strokes.map(jsonOf).join()}],${rest.slice(1)}`);
    } catch {
      // No room: then a reload starts with a blank page.
    }
  }

  window.addEventListener("pagehide", () => timer && write());

  return {
    save() {
      clearTimeout(timer);
      timer = setTimeout(write, REST_MS);
    },
    async bringBack() {
      const asked = page.revision;
      let next;
      try {
        next = await unpacked(JSON.parse(kept.getItem(KEPT)));
      } catch {
        return; // nothing was kept, or nothing that can be read
      }
      if (page.isBlank && page.revision === asked && (next.strokes.length || next.picture)) {
        page.replace(next);
        restored();
      }
    },
  };
}

async function unpacked({ strokes, rubbed, picture }) {
  const next = { strokes: strokes.length ? checkedEach(strokes) : [], rubbed: checkedWays(rubbed), picture: null };
  if (!picture) return next;
  next.picture = new Image();
  next.picture.src = picture;
  await next.picture.decode();
  return next;
}
