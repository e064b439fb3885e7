// What a click on a photo opens: the photo large, its credits, and ways on from it.

import { answerOf } from "./answer.js";
import { ask as askFor, go, openedDialog } from "./journey.js";
import { isReachable } from "./reach.js";
import { scoreText } from "./score.js";

const CONTENT = `
  <div class="zs-large"><img class="zs-large-photo" alt=""><img class="zs-heat" alt="" hidden></div>
  <div class="zs-about">
    <h2 id="zs-dialog-title"></h2>
    <div class="zs-ways">
      <button type="button" class="zs-more">More like this</button>
      <button type="button" class="zs-less">Less like this</button>
      <button type="button" class="zs-refine">Combine with my drawing</button>
      <button type="button" class="zs-why">Why this photo?</button>
    </div>
    <div class="zs-because" hidden>
      <img class="zs-why-sketch" alt="Your drawing; warmer areas matter more to the match">
      <p></p>
    </div>
    <p class="zs-dialog-notice" role="status"></p>
    <dl></dl>
  </div>
  <button type="button" class="zs-close" aria-label="Close" autofocus>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6 6 18"/></svg>
  </button>`;

/**
 * Makes the dialog; `server` has the functions of photo_dialog.py. Other parts of the page open it with `showPhoto` of its
 * element.
 */
export function makeDialog(server) {
  const dialog = document.createElement("dialog");
  dialog.className = "zs-dialog";
  dialog.setAttribute("aria-labelledby", "zs-dialog-title");
  dialog.innerHTML = CONTENT;
  document.body.append(dialog);

  const part = (selector) => dialog.querySelector(selector);
  const drawing = () => document.querySelector("#zs-canvas canvas");
  const gallery = () => document.querySelector("#zs-gallery select").choice(); // see gallery_choice.js
  let shown = null; // what is known of the photo in the dialog

  /** Opens a photo: what results.py describes, and `url`. */
  function show(known) {
    shown = { ...known, photo: Number(known.photo) };
    part("#zs-dialog-title").textContent = shown.title;
    part(".zs-large-photo").hidden = false;
    part(".zs-large-photo").src = shown.url;
    part(".zs-large-photo").alt = shown.title;
    part("dl").replaceChildren(
      ...["category", "author", "licence", "source", "date"].filter((name) => shown[name]).flatMap((name) => described(name, shown[name])),
      ...(shown.measure ? described(shown.measure, `${scoreText(shown.score)} (higher is closer; not a probability)`) : []),
    );
    const isBlank = drawing().isBlank();
    part(".zs-less").hidden = part(".zs-refine").hidden = part(".zs-why").hidden = isBlank;
    part(".zs-heat").hidden = part(".zs-because").hidden = true;
    say("");
    if (dialog.open) return;
    dialog.showModal();
    dialog.scrollTop = 0;
    openedDialog(known);
  }

  /** Which photo the server is asked about. */
  function meant() {
    return { photo: shown.photo, digest: shown.digest, gallery: gallery() };
  }

  function say(sentence) {
    part(".zs-dialog-notice").textContent = sentence;
  }

  /** Asks the server about the photo shown; undefined if it failed, or another photo is shown by then. */
  async function ask(question, sentence) {
    const asked = shown;
    say(sentence);
    const answer = await answerOf(question());
    if (shown !== asked || !dialog.open) return undefined;
    say(answer.error ?? "");
    return answer.error ? undefined : answer;
  }

  part(".zs-more").addEventListener("click", async () => {
    const step = { ...meant(), count: Number(document.querySelector("#zs-count input").value) };
    const answer = await ask(() => askFor(step), "Looking for photos like this …");
    if (!answer) return;
    go(step, answer);
    dialog.close();
  });

  /** Searches with the photo beside the drawing: towards it, or away from it. */
  function searchWith(isAgainst) {
    dialog.close();
    drawing().refineWith(shown, isAgainst);
  }

  part(".zs-refine").addEventListener("click", () => searchWith(false));
  part(".zs-less").addEventListener("click", () => searchWith(true));

  part(".zs-why").addEventListener("click", async () => {
    const answer = await ask(() => server.explain({ ...meant(), query: drawing().query() }), "Working out which parts matter …");
    if (!answer) return;
    part(".zs-heat").src = answer.photo;
    part(".zs-why-sketch").src = answer.sketch;
    part(".zs-because p").textContent = answer.sentence;
    part(".zs-heat").hidden = part(".zs-because").hidden = false;
    part(".zs-because").scrollIntoView({ block: "nearest" });
  });

  part(".zs-large-photo").addEventListener("error", async () => {
    const missing = shown;
    part(".zs-large-photo").hidden = true;
    const isAnswered = await isReachable(missing.url);
    if (shown !== missing || part(".zs-dialog-notice").textContent) return; // something else is told by now
    say(isAnswered ? "This photo can't be had any more; search again." : "There is no connection: this photo comes when it is back.");
  });
  window.addEventListener("online", () => dialog.open && part(".zs-large-photo").hidden && show(shown));

  part(".zs-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside the content
  });

  return Object.assign(dialog, { showPhoto: show, photo: () => shown });
}

function described(name, text) {
  const term = document.createElement("dt");
  const value = document.createElement("dd");
  term.textContent = name;
  value.append(...withLinks(text));
  return [term, value];
}

// ---- Credits, in which addresses are links

/** A text in pieces, the addresses in it as links. */
function withLinks(text) {
  return text.split(/(https?:\/\/[^\s<>"]+)/).flatMap((piece, at) => {
    if (at % 2 === 0) return [piece];
    const address = withoutSentence(piece);
    return [linkTo(address), piece.slice(address.length)];
  });
}

/** An address without the marks of the sentence around it. */
function withoutSentence(piece) {
  const address = piece.replace(/[.,;]+$/, "");
  const isUnopened = address.endsWith(")") && address.split(")").length > address.split("(").length;
  return isUnopened ? withoutSentence(address.slice(0, -1)) : address;
}

function linkTo(address) {
  const link = document.createElement("a");
  [link.href, link.target, link.rel, link.textContent] = [address, "_blank", "noopener noreferrer", address];
  return link;
}
