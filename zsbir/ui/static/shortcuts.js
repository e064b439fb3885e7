// The list of shortcuts, in a dialog.

import { SHORTCUTS } from "./keys.js";

const CONTENT = `
  <h2 id="zs-shortcuts-title">Keyboard shortcuts</h2>
  <dl></dl>
  <button type="button" class="zs-close" aria-label="Close" autofocus>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6 6 18"/></svg>
  </button>`;

/** Opens the list from a button; returns how to open it otherwise. */
export function offerShortcuts(button) {
  const dialog = document.createElement("dialog");
  dialog.className = "zs-shortcuts";
  dialog.setAttribute("aria-labelledby", "zs-shortcuts-title");
  dialog.innerHTML = CONTENT;
  dialog.querySelector("dl").append(...SHORTCUTS.flatMap(([keys, what]) => [described("dt", ...shown(keys)), described("dd", what)]));
  document.body.append(dialog);

  const open = () => dialog.showModal(); // closing it puts the focus back where it was
  button.addEventListener("click", open);
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside the content
  });
  return open;
}

/** Keys as they are called on the visitor's keyboard, and the words between them. */
function shown(keys) {
  const isApple = /Mac|iPhone|iPad/.test(navigator.platform);
  return keys.split(" ").flatMap((word) => {
    if (/^(or|to)$/.test(word)) return [` ${word} `];
    return [described("kbd", isApple ? word.replace("Ctrl+", "⌘").replace("Shift+", "⇧") : word)];
  });
}

function described(name, ...content) {
  const it = document.createElement(name);
  it.append(...content);
  return it;
}
