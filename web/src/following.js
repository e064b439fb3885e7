// A folder of the visitor's, chosen or dropped once: where the browser has handles of folders, it is found again at the next
// visit and updated; elsewhere it is chosen again.

/**
 * Wires the line of folders. `ask` asks the worker; `bring(files, isWhole)` hands over files and `index(brought, wanted)` the
 * handle of a folder; `fail(sentence)` says what went wrong. Returns `show()`, which looks which folders are known, and
 * `take(folder)`, for one that was dropped.
 */
export function followFolders({ line, ask, bring, index, fail }) {
  const known = line.querySelector(".zs-known-folders");

  /** A folder that the visitor chooses. */
  async function choose() {
    let folder;
    try {
      folder = await window.showDirectoryPicker({ mode: "read" });
    } catch (error) {
      if (error.name !== "AbortError") fail("The browser does not give this folder; choose another, or its photos.");
      return;
    }
    await take(folder);
  }

  /** A folder whose handle is there. */
  async function take(folder) {
    await index({ folder }, true);
    await show();
  }

  /** A button for each folder that is known; returns them. */
  async function show() {
    const { folders } = await ask("own_folders");
    known.replaceChildren(...folders.map(buttonOf));
    return folders;
  }

  function buttonOf({ handle: folder, place }) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: `Look for changes in ${place ?? folder.name}` });
    button.addEventListener("click", async () => {
      const leave = await folder.requestPermission({ mode: "read" }).catch(() => "denied"); // a click alone may ask for it
      if (leave === "granted") await index({ folder }, true);
      else fail(`The browser does not let this page read ${folder.name}; allow it, or choose the folder again.`);
    });
    return button;
  }

  /** Looks for changes in what may be read without asking, one folder at a time. */
  async function begin() {
    for (const { handle: folder } of await show()) {
      const leave = await folder.queryPermission({ mode: "read" }).catch(() => "denied");
      if (leave === "granted" && !(await ask("own_state")).busy) await index({ folder }, false);
    }
  }

  if (window.showDirectoryPicker) {
    line.querySelector(".zs-folder").addEventListener("click", choose);
    line.querySelector(".zs-again").textContent = "What changes in it is found at your next visit.";
    begin().catch(() => {}); // without it, the photos are there as they were
  } else {
    const chooser = document.createElement("input");
    Object.assign(chooser, { type: "file", webkitdirectory: true });
    chooser.addEventListener("change", () => {
      bring(Array.from(chooser.files, (file) => ({ name: file.webkitRelativePath, file })), true);
      chooser.value = "";
    });
    line.querySelector(".zs-folder").addEventListener("click", () => chooser.click());
  }

  return { show: () => show().catch(() => {}), take };
}
