// Shortcuts, on every keyboard layout: what a key writes counts where it is a Latin letter, a digit or a sign; where the
// layout writes other letters, or signs in the row of digits, it is the place of the key.

/** What can be pressed, for people: see shortcuts.js. */
export const SHORTCUTS = [
  ["Ctrl+Z", "Undo"],
  ["Ctrl+Shift+Z or Ctrl+Y", "Redo"],
  ["Delete", "Clear"],
  ["Ctrl+V", "Open a picture or drawing from the clipboard"],
  ["1 to 9", "Open one of the first nine photos"],
  ["Esc", "Go back to the photos for the drawing"],
  ["?", "Show this list"],
];

const UNTOLD = ["process", "dead", "unidentified"]; // what a key writes that an input method keeps, or an accent begins
const WRITTEN_IN = "input:not([type=radio], [type=checkbox], [type=range], [type=file]), textarea, [contenteditable]";

/** Whether what is typed or pasted belongs to the page, not to a field, to a list, where letters choose, or to a dialog. */
export function isForPage({ target, type, ctrlKey, metaKey }) {
  const chooses = type === "keydown" && !ctrlKey && !metaKey && target.closest?.("select");
  return !chooses && !target.closest?.(WRITTEN_IN) && !document.querySelector("dialog[open]");
}

/** Calls undo, redo, clear and help, and opens the photos found by their numbers. */
export function listenToKeys({ undo, redo, clear, help }) {
  const keys = { "ctrl+z": undo, "ctrl+shift+z": redo, "ctrl+y": redo, delete: clear, "?": help };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.getModifierState("AltGraph")) return; // Alt writes on many layouts
    if (!isForPage(event)) return;
    const name = nameOf(event);
    const photo = /^[1-9]$/.test(name) && document.querySelectorAll(".zs-photo a")[Number(name) - 1];
    if (photo) photo.click();
    else if (keys[name]) keys[name]();
    else return;
    event.preventDefault();
  });
}

/** The name of what was pressed, as "ctrl+shift+z"; of a digit or a sign without the shift that it may take to write it. */
function nameOf(event) {
  const key = meant(event);
  const isShifted = event.shiftKey && !/^[\d?]$/.test(key);
  return `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${isShifted ? "shift+" : ""}${key}`;
}

function meant({ key, code, shiftKey }) {
  const written = key.toLowerCase();
  const [, letter, digit] = /^(?:Key([A-Z])|Digit(\d))$/.exec(code) ?? [];
  if (/^[؟？]$/.test(written)) return "?"; // the Arabic one, and the one as wide as a Chinese character
  if (letter && (UNTOLD.includes(written) || /^(?![a-z])[\p{L}\p{M}]/u.test(written))) return letter.toLowerCase();
  if (digit && !shiftKey && /^[^a-z\d]$/u.test(written)) return digit;
  return written;
}
