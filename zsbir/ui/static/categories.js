// What the encoder was trained on and what not: lists that are asked for when the panel is open.

/** Gradio's part: `element` is filled from categories.html, `server` has list_categories of categories.py. */
export function start({ element, server }) {
  const section = element.querySelector("details");
  const lists = element.querySelector(".zs-lists");
  const gallery = () => document.querySelector("#zs-gallery select").choice(); // see gallery_bar.js
  let shown = null; // whose numbers are shown, or on their way

  async function load() {
    const asked = gallery();
    if (!section.open || shown === asked) return;
    shown = asked;
    const answer = await server.list_categories({ gallery: asked }).catch(() => undefined);
    if (shown !== asked) return;
    if (!answer || answer.error) {
      shown = null;
      lists.textContent = answer?.error ?? "The server did not answer; close this and open it again.";
      return;
    }
    const open = new Set([...lists.querySelectorAll("details[open]")].map(({ dataset }) => dataset.list)); // stays open
    lists.replaceChildren(...answer.groups.map((group) => listOf(group, open.has(group.title))));
  }

  section.addEventListener("toggle", load);
  document.addEventListener("zs-gallery", load);
}

function listOf({ title, summary, note, categories }, isOpen) {
  const list = document.createElement("details");
  list.dataset.list = title;
  list.open = isOpen;
  list.innerHTML = "<summary></summary><p></p><ul></ul>";
  list.querySelector("summary").textContent = summary;
  list.querySelector("p").textContent = note;
  list.querySelector("p").hidden = !note;
  list.querySelector("ul").append(...categories.map(chip));
  return list;
}

function chip({ name, photos }) {
  const item = document.createElement("li");
  item.textContent = name;
  if (!photos) return item;
  item.className = "zs-held";
  item.innerHTML = `<span></span> <b>${photos}<span class="zs-unseen"> ${photos === 1 ? "photo" : "photos"} in this gallery</span></b>`;
  item.querySelector("span").textContent = name;
  return item;
}
