// Which gallery is searched, and by which encoder: choosers that follow the list of what there is.

import { addressed } from "./address.js";
import { makeEncoderChoice } from "./encoder_choice.js";
import { askAgain, isAway } from "./journey.js";
import { prefer, want } from "./search.js";
import { kept } from "./storage.js";

const LINK = "zs-link"; // of the addresses that named a gallery or an encoder, the one that was taken last

/**
 * Fills the choosers in an element. `ask(question, more)` promises an answer or throws a sentence: to `list_galleries`, and
 * to `prepare_encoder` for one of the `encoders`. `who` asks; `tell(sentence)` tells the visitor; `gone()` is called when
 * the gallery that was chosen is there no more.
 */
export function makeGalleryChoice({ element, encoders, ask, who, tell, gone }) {
  const select = element.querySelector(".zs-gallery");
  let listed = []; // the galleries there are

  const here = () => listed.find(({ name }) => name === select.value);

  /** Shows the galleries there are now; returns the answer. */
  async function refresh() {
    const answer = await ask("list_galleries");
    const { galleries } = answer;
    if (JSON.stringify(galleries) === JSON.stringify(listed)) return answer;
    const [before, former] = [select.value, here()];
    listed = galleries;
    select.replaceChildren(
      ...galleries.map(({ name, count }) => new Option(`${name} (${count.toLocaleString("en")} photo${count === 1 ? "" : "s"})`, name)),
    );
    if (galleries.some(({ name }) => name === before)) {
      select.value = before;
    } else if (before) {
      choose(galleries[0].name);
      gone();
      tell(`“${before}” ${before.endsWith("s") ? "were" : "was"} deleted. You are back in “${galleries[0].name}”.`);
    }
    const now = here();
    const behind = element.querySelector(".zs-behind");
    if (behind.textContent !== now.trouble) behind.textContent = now.trouble;
    if (former?.name === now.name && former.version !== now.version) follow();
    return answer;
  }

  /** Its photos have changed, or the encoder: what is shown is asked for again, and found in its order. */
  function follow() {
    prefer({ gallery: choice });
    if (isAway()) askAgain();
    else want({});
    document.dispatchEvent(new Event("zs-gallery"));
  }

  /** What is said of it in questions; until the list is there it is the first, which needs no name. */
  function choice() {
    return select.value && JSON.stringify({ gallery: select.value, visitor: who, encoder: encoder.using() });
  }

  /** Searches in another gallery; a photo beside the drawing belongs to the old one and goes. */
  function choose(name) {
    select.value = name;
    kept.setItem("zs-gallery", name);
    tell("");
    if (document.querySelector(".zs-reference:not([hidden])")) document.querySelector("#zs-canvas canvas").refineWith(null);
    encoder.settle(); // before the question: what the gallery is not ready for does not search it
    want({ gallery: choice });
    document.dispatchEvent(new Event("zs-gallery"));
  }

  /** What a link names: nothing that is the visitor's alone, or that there is no choice of. */
  function names() {
    const shared = listed.filter((gallery) => !gallery.is_private);
    return { gallery: shared.length > 1 && !here()?.is_private ? select.value : "", encoder: encoder.chosen() };
  }

  /** Takes the gallery and the encoder that a link names, once; in the place of those that are not here, the first. */
  function takeLink() {
    const named = addressed();
    if (!listed.length || !named.drawing || (!named.gallery && !named.encoder) || kept.getItem(LINK) === location.hash) return;
    kept.setItem(LINK, location.hash);
    const isHere = listed.some(({ name, is_private: isPrivate }) => name === named.gallery && !isPrivate);
    const missing = [
      ...(named.gallery && !isHere ? [`gallery “${named.gallery}”`] : []),
      ...(named.encoder && !encoder.take(named.encoder) ? [`encoder “${named.encoder}”`] : []),
    ];
    if (named.gallery) choose(isHere ? named.gallery : listed[0].name);
    else encoder.settle();
    const instead = `“${select.value}” is searched${encoder.chosen() && ` by “${encoder.chosen()}”`}`;
    if (missing.length) tell(`This link was made with the ${missing.join(" and the ")}, which ${missing.length > 1 ? "are" : "is"} not here; ${instead}.`);
  }

  const encoder = makeEncoderChoice({
    select: element.querySelector(".zs-encoder"),
    encoders,
    gallery: here,
    prepare: (name) => ask("prepare_encoder", { gallery: select.value, encoder: name }),
    tell,
    changed: follow,
  });

  select.addEventListener("change", () => choose(select.value));
  select.addEventListener("focus", () => refresh().catch(() => {}));
  window.addEventListener("hashchange", takeLink);
  select.choice = choice; // for photo_dialog.js and map.js
  select.names = names; // for sharing.js

  return {
    select,
    refresh,
    choose,
    listed: () => listed,
    /** After a reload: the gallery that was chosen before. Returns the answer to the question for the list. */
    async resume() {
      const answer = await refresh();
      const before = kept.getItem("zs-gallery");
      if (before && before !== select.value && listed.some(({ name }) => name === before)) choose(before);
      else encoder.settle();
      takeLink();
      return answer;
    },
  };
}
