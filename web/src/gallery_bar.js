// Which gallery is searched, and by which encoder; and the place where the visitor brings own photos.

import { makeGalleryChoice } from "../../zsbir/ui/static/gallery_choice.js";
import { keepBeside } from "../../zsbir/ui/static/order.js";
import { makeToast } from "../../zsbir/ui/static/toast.js";
import { bringOwn } from "./bringing.js";

const REFRESH_MS = 2_000; // between two looks at the list while own photos come

/** Fills the bar; `server` answers. Returns what is to be called with the progress of own photos. */
export async function startGalleryBar({ element, server }) {
  const tell = makeToast(element.querySelector(".zs-gone"));

  async function ask(question, more = {}) {
    const answer = await server[question](more);
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  keepBeside(document.querySelector("#zs-side"), document.querySelector("#zs-gallery"));
  try {
    const encoders = await ask("list_encoders");
    const choice = makeGalleryChoice({ element, encoders, ask, who: "", tell, gone: () => {} });
    const panel = bringOwn({ element, ask, choose: choice.choose });
    await choice.resume();
    panel.show(await ask("own_state"));
    return followWith(choice, panel);
  } catch (error) {
    tell(error.message);
    return () => {};
  }
}

/** Shows progress, and looks at the list of galleries as own photos come and go, but not after every one. */
function followWith(choice, panel) {
  let refreshedAt = 0;

  return async (progress) => {
    const isDue = performance.now() - refreshedAt > REFRESH_MS;
    if (isDue || !progress.busy) {
      refreshedAt = performance.now();
      await choice.refresh().catch(() => {}); // the next one may get through
    }
    panel.show(progress);
  };
}
