// Links that hold the drawing, and name the gallery and the encoder.

import { addressed, fragmentOf } from "./address.js";
import { BLANK } from "./page.js";
import { fitsLink, strokesOf, textOf } from "./link.js";

const OPENED = "zsbirLink"; // in the state of an entry of the browser whose link was opened
const LONG = 16_000; // characters; many programs cut longer addresses

/**
 * Wires the entry of the menu of formats and the addresses; `say` tells the link, `field` beside it has one that is copied
 * by hand, `turnTo` shows a page.
 * Returns `open()`, which opens a link that the page was opened with, and `edited()`, to be called when somebody has drawn.
 */
export function shareLinks({ menu, field, page, turnTo, say }) {
  const button = menu.querySelector(".zs-copy-link");
  let linked = ""; // the text in the address whose drawing is on the page; empty: the page is somebody's own
  let ready = { page: null }; // its text is made when the menu opens: a browser may let only a click itself copy

  async function link() {
    if (ready.page !== page.now) ready = { page: page.now, text: textOf(page.now.strokes) };
    return addressOf(await ready.text);
  }

  /** Why there can be no link; empty: there can. */
  function obstacle() {
    if (page.now.picture) return "An opened picture does not fit into a link";
    if (!fitsLink(page.now.strokes)) return "This drawing is too large for a link";
    return page.now.strokes.length ? "" : "Draw something first";
  }

  menu.addEventListener("toggle", () => {
    const reason = obstacle();
    button.disabled = reason !== "";
    button.querySelector("small").textContent = reason;
    if (menu.open && !reason) link();
  });

  button.addEventListener("click", async () => {
    menu.open = false;
    if (obstacle()) return;
    const address = await link();
    const isCopied = await copied(address);
    const tooLong = address.length > LONG;
    const length = tooLong ? ` It has ${address.length.toLocaleString("en")} characters, which some programs cut off.` : "";
    say(`${isCopied ? "Link copied" : "Copy this link"}: it holds the whole drawing.${length}`, isCopied ? "" : address);
    if (isCopied) return;
    field.focus();
    field.select();
  });

  /** Opens the drawing that the address holds, if it does. */
  async function open() {
    const { drawing } = addressed();
    if (!drawing || drawing === linked) return;
    const asked = page.claim();
    const strokes = await strokesOf(drawing).catch(() => null);
    const isThere = strokes && !page.now.picture && (await textOf(page.now.strokes)) === (await textOf(strokes));
    if (drawing !== addressed().drawing) return; // another link by now
    if (page.revision !== asked) drop(); // somebody draws already
    else if (strokes) {
      linked = "";
      if (!isThere) turnTo({ ...BLANK, strokes }); // after a reload it is
      linked = drawing;
      history.replaceState({ ...history.state, [OPENED]: true }, "");
    } else {
      drop();
      say("This link is damaged, or was cut short: the drawing in it cannot be read.");
    }
  }

  /** Takes the drawing out of the address, as it is another by now; the state of the browser's entry stays. */
  function drop() {
    linked = "";
    if (addressed().drawing) history.replaceState(history.state, "", location.pathname + location.search);
  }

  window.addEventListener("hashchange", () => {
    if (history.state !== null && linked === "") drop(); // an older entry; meanwhile somebody has drawn on
    else open();
  });

  return {
    open,
    edited() {
      if (linked) drop();
    },
  };
}

/** The address of a drawing's text, with the names of what is searched (gallery_choice.js). */
function addressOf(text) {
  const address = new URL(location.href);
  address.searchParams.delete("view"); // Gradio's page on its API
  address.hash = fragmentOf(text, document.querySelector("#zs-gallery .zs-gallery")?.names?.() ?? {});
  return address.href;
}

/** Whether the browser let us copy a text. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // or there is no clipboard, as on pages that are not served securely
  }
}
