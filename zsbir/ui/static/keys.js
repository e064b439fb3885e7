// Shortcuts, on every keyboard layout: what a key writes counts where it is a Latin letter or a digit, its place otherwise.

/** Calls undo, redo and clear, and opens the photos found by their numbers. */
export function listenToKeys({ undo, redo, clear }) {
  const keys = { "ctrl+z": undo, "ctrl+shift+z": redo, "ctrl+y": redo, delete: clear };

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.isComposing) return; // Alt and Ctrl together write letters on many layouts
    if (event.target.closest?.("input:not([type=radio]), textarea, select, dialog")) return; // they have keys of their own
    const key = nameOf(event);
    const photo = /^[1-9]$/.test(key) && document.querySelectorAll(".zs-photo a")[Number(key) - 1];
    if (photo) photo.click();
    else if (keys[key]) keys[key]();
    else return;
    event.preventDefault();
  });
}

function nameOf(event) {
  const letter = event.key.toLowerCase();
  const place = /^(?:Key|Digit)(.)$/.exec(event.code)?.[1].toLowerCase();
  const isPlain = /^[a-z0-9]$/.test(letter) || letter.length > 1;
  return `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${event.shiftKey ? "shift+" : ""}${isPlain ? letter : (place ?? letter)}`;
}
