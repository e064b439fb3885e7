// The line on the search: what was found, or why that is long in coming.

export const LOOKOUT_MS = 2_500; // between two looks at whether there is an answer

/**
 * Keeps the line; `report(sentence)` changes what it says while all is well, `look()` asks at once whether it is. `excuse()`
 * promises what is said of a question that is not answered yet, or of what does not come; empty: nothing.
 */
export function watchOver(line, excuse) {
  let found = line.textContent;
  let waiting = ""; // what is said in its place, if anything

  function show() {
    line.classList.toggle("zs-waiting", waiting !== "");
    const sentence = waiting || found;
    if (line.textContent !== sentence) line.textContent = sentence; // screen readers read every change
  }

  async function look() {
    waiting = await excuse();
    show();
  }

  async function keepLooking() {
    await look();
    setTimeout(keepLooking, LOOKOUT_MS);
  }

  setTimeout(keepLooking, LOOKOUT_MS);
  return {
    look,
    report(sentence) {
      found = sentence;
      show();
      look();
    },
  };
}
