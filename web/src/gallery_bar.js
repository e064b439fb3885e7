// Which gallery is searched, and by which encoder.

import { makeGalleryChoice } from "../../zsbir/ui/static/gallery_choice.js";
import { keepBeside } from "../../zsbir/ui/static/order.js";
import { makeToast } from "../../zsbir/ui/static/toast.js";

/** Fills the bar; `server` answers. */
export async function startGalleryBar({ element, server }) {
  const tell = makeToast(element.querySelector(".zs-gone"));

  async function ask(question, more = {}) {
    const answer = await server[question](more);
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  keepBeside(document.querySelector("#zs-side"), document.querySelector("#zs-gallery"));
  const encoders = await ask("list_encoders").catch((error) => tell(error.message));
  if (!encoders) return;
  const choice = makeGalleryChoice({ element, encoders, ask, who: "", tell, gone: () => {} });
  choice.resume().catch((error) => tell(error.message));
}
