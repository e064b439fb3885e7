// Something to draw for who has no idea: a category that the encoder was never trained on.

/** Offers them; `ideas` are names, `clear` empties the page, `isBlank` says whether it is empty. */
export function offerTasks(part, ideas, { clear, isBlank }) {
  const line = part.querySelector("p");
  let task = null;

  /** Names something else to draw, on an empty page; undo brings the drawing back. */
  function surprise() {
    const others = ideas.filter((idea) => idea !== task);
    task = others[Math.floor(Math.random() * others.length)] ?? task;
    clear();
    sayTask();
  }

  /** What to draw; and whether a photo of it is among those found. */
  function sayTask() {
    if (task === null) return;
    const found = [...document.querySelectorAll("#zs-found .zs-photo")];
    const rank = isBlank() ? 0 : found.findIndex((photo) => photo.dataset.category === task) + 1;
    const sentence = rank ? `Found: ${task} is photo ${rank}` : `Draw this: ${task}`;
    if (line.textContent !== sentence) line.textContent = sentence; // or it would be read out again
    line.classList.toggle("zs-success", rank > 0);
  }

  part.hidden = ideas.length === 0;
  part.querySelector("button").addEventListener("click", surprise);
  document.addEventListener("zs-found", sayTask);
}
