// Which gallery is searched, and by which encoder; and the place where the visitor brings own photos.

import { makeGalleryChoice } from "../../zsbir/ui/static/gallery_choice.js";
import { keepBeside } from "../../zsbir/ui/static/order.js";
import { makeToast } from "../../zsbir/ui/static/toast.js";
import { bringOwn } from "./bringing.js";

const REFRESH_MS = 2_000; // between two looks at the list while own photos come

/** Fills the bar; `server` answers. Returns what is to be called with the progress of own photos. */
export function startGalleryBar({ element, server }) {
  const tell = makeToast(element.querySelector(".zs-gone"));
  let choice = null; // as long as the encoders are not known
  let refreshedAt = 0;

  async function ask(question, more = {}) {
    const answer = await server[question](more);
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  keepBeside(document.querySelector("#zs-side"), document.querySelector("#zs-gallery"));
  const panel = bringOwn({ element, ask, choose, follow }); // visitors may be quicker than the worker
  let wanted = null; // the gallery that is to be chosen as soon as there is a choice

  function choose(name) {
    if (choice) choice.choose(name);
    else wanted = name;
  }

  async function begin() {
    const encoders = await ask("list_encoders");
    const made = makeGalleryChoice({ element, encoders, ask, who: "", tell, gone: () => {} });
    await made.resume();
    choice = made;
    await follow(await ask("own_state"));
    if (wanted) choose(wanted);
  }

  /** Shows progress, and looks at the list of galleries as own photos come and go, but not after every one. */
  async function follow(progress) {
    if (!progress.busy || performance.now() - refreshedAt > REFRESH_MS) {
      refreshedAt = performance.now();
      await choice?.refresh().catch(() => {}); // the next one may get through
    }
    panel.show(progress);
  }

  function start() {
    begin().catch((error) => {
      tell(error.message);
      window.addEventListener("online", start, { once: true });
    });
  }

  start();
  return follow;
}
