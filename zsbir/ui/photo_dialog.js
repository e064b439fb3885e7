// What a click on a photo opens: the photo large, its credits, and ways on from it. Gradio runs this once, as the
// body of a function, when the results are loaded, and hands over
//   element  the results' root; its content is replaced with every search
//   props    props.value is that content
//   server   functions of photo_dialog.py, each returning a promise

const dialog = document.createElement("dialog");
dialog.className = "zs-dialog";
dialog.setAttribute("aria-labelledby", "zs-dialog-title");
dialog.innerHTML = `
  <div class="zs-large"><img class="zs-large-photo" alt=""><img class="zs-heat" alt="" hidden></div>
  <div class="zs-about">
    <h2 id="zs-dialog-title"></h2>
    <dl></dl>
    <div class="zs-ways">
      <button type="button" class="zs-more">More like this</button>
      <button type="button" class="zs-refine">Search with drawing and photo</button>
      <button type="button" class="zs-why">Why this photo?</button>
    </div>
    <div class="zs-because" hidden>
      <img class="zs-why-sketch" alt="The drawing; what is warm made it similar to the photo">
      <p></p>
    </div>
    <p class="zs-dialog-notice" role="status"></p>
  </div>
  <button type="button" class="zs-close" aria-label="Close" autofocus>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6 6 18"/></svg>
  </button>`;
document.body.append(dialog);

const part = (selector) => dialog.querySelector(selector);
const drawing = () => document.querySelector("#zs-canvas canvas");
let shown = null; // what is known of the photo in the dialog

/** Opens a photo: what results.py describes, and `url`. */
function show(known) {
  shown = { ...known, photo: Number(known.photo) };
  part("#zs-dialog-title").textContent = shown.title;
  part(".zs-large-photo").src = shown.url;
  part(".zs-large-photo").alt = shown.title;
  part("dl").replaceChildren(
    ...["category", "author", "licence", "source"].filter((name) => shown[name]).flatMap((name) => {
      const term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = name;
      value.append(/^https?:\/\//.test(shown[name]) ? linkTo(shown[name]) : shown[name]);
      return [term, value];
    }),
  );
  const isBlank = drawing().isBlank();
  part(".zs-refine").hidden = part(".zs-why").hidden = isBlank;
  part(".zs-heat").hidden = part(".zs-because").hidden = true;
  say("");
  if (!dialog.open) dialog.showModal();
}

function linkTo(address) {
  const link = document.createElement("a");
  [link.href, link.target, link.rel, link.textContent] = [address, "_blank", "noopener noreferrer", address];
  return link;
}

function say(sentence) {
  part(".zs-dialog-notice").textContent = sentence;
}

/** Asks the server about the photo shown; undefined if it failed, or another photo is shown by then. */
async function ask(question, sentence) {
  const asked = shown;
  say(sentence);
  let answer;
  try {
    answer = await question();
  } catch {
    answer = { error: "The server did not answer; try again." };
  }
  if (shown !== asked || !dialog.open) return undefined;
  say(answer.error ?? "");
  return answer.error ? undefined : answer;
}

part(".zs-more").addEventListener("click", async () => {
  const answer = await ask(() => server.more_like({ photo: shown.photo }), "Looking for photos like this …");
  if (!answer) return;
  dialog.close();
  props.value = answer.html;
});

part(".zs-refine").addEventListener("click", () => {
  dialog.close();
  drawing().refineWith(shown);
});

part(".zs-why").addEventListener("click", async () => {
  const answer = await ask(() => server.explain({ photo: shown.photo, query: drawing().query() }), "Covering one part after the other …");
  if (!answer) return;
  part(".zs-heat").src = answer.photo;
  part(".zs-why-sketch").src = answer.sketch;
  part(".zs-because p").textContent = answer.sentence;
  part(".zs-heat").hidden = part(".zs-because").hidden = false;
});

part(".zs-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // beside the content
});

element.addEventListener("click", (event) => {
  const link = event.target.closest("a.zs-frame");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return; // those open the file itself
  event.preventDefault();
  show({ ...link.closest(".zs-photo").dataset, url: link.querySelector("img").src });
});

dialog.showPhoto = show; // for map.js
// Other parts of the page look at the photos found too: canvas_task.js and map.js. Gradio may change them in place.
new MutationObserver(() => document.dispatchEvent(new Event("zs-found"))).observe(element, {
  subtree: true,
  childList: true,
  attributeFilter: ["data-photo", "data-score"],
});
