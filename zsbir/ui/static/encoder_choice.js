// Which encoder searches. Photos may have to be made ready for it first: until they are, the gallery's own one goes on.

import { kept } from "./storage.js";

const WATCH_MS = 500; // between two looks at how far that has come
const KEPT = "zs-encoder";

/**
 * Fills a chooser with encoders, each with a `name` and what it `says` of itself; one alone is no choice, and its part goes.
 *
 * `gallery()` is the gallery that is searched, with the name of its own `encoder`, if it is known yet; `prepare(name)` promises how far its
 * photos are, or throws a sentence; `tell(sentence)` tells the visitor; `changed()` is called when another encoder searches
 * than before.
 */
export function makeEncoderChoice({ select, encoders, gallery, prepare, tell, changed }) {
  let asked = 0; // rises with every choice; what belongs to an older one stops
  let using = ""; // none: the gallery's own

  select.replaceChildren(...encoders.map(({ name, says }) => new Option(`${name}: ${says}`, name)));
  const before = kept.getItem(KEPT) ?? remembered();
  const isKnown = (wanted) => encoders.some(({ name }) => name === wanted);
  select.value = isKnown(before) ? before : encoders[0].name;
  if (encoders.length < 2) select.parentElement.remove();
  let hasSaid = false;

  /** Takes away nothing that others have said. */
  function say(sentence) {
    if (sentence || hasSaid) tell(sentence);
    hasSaid = sentence !== "";
  }

  function use(name) {
    if (using === name) return;
    using = name;
    changed();
  }

  /** Sees to it that the encoder that is chosen searches the gallery that is chosen. */
  async function settle() {
    const [mine, name, here] = [++asked, select.value, gallery()];
    select.title = select.selectedOptions[0].text; // there is seldom room for all of it
    if (!here) return; // whoever learns which it is settles again
    say("");
    use("");
    if (name === here.encoder) return;
    for (;;) {
      const answer = await prepare(name).catch((error) => ({ error }));
      if (mine !== asked) return;
      if (answer.error) {
        select.value = here.encoder;
        return say(answer.error.message);
      }
      if (answer.ready) {
        say("");
        return use(name);
      }
      say(`Getting ${answer.total.toLocaleString("en")} photos ready for “${name}”: ${answer.done.toLocaleString("en")} so far …`);
      await new Promise((done) => setTimeout(done, WATCH_MS));
      if (mine !== asked) return;
    }
  }

  select.addEventListener("change", () => {
    kept.setItem(KEPT, select.value);
    remember(select.value);
    settle();
  });

  return {
    using: () => using,
    chosen: () => (encoders.length > 1 ? select.value : ""),
    settle,
    /** Chooses one by its name, for this tab, or the first if there is none of that name; whether there is. It has to settle. */
    take(name) {
      select.value = isKnown(name) ? name : encoders[0].name;
      kept.setItem(KEPT, select.value);
      return isKnown(name);
    },
  };
}

function remembered() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // forbidden
  }
}

function remember(name) {
  try {
    localStorage.setItem(KEPT, name);
  } catch {
    // forbidden, or full: it holds as long as the page does
  }
}
