// The map of the gallery, asked for when it is first opened, and again when its photos have changed. How one goes about on it
// is map_window.js.

import { moveAbout } from "./map_window.js";

const SHARPNESS = 0.025; // of the weights by similarity: a photo this much less similar counts a third as much
const NARROW = 720; // pixels; narrower windows begin larger

/** Gradio's part: `element` is filled from map.html, `server` has load_map of map_view.py. */
export function start({ element, server }) {
  const part = (selector) => element.querySelector(selector);
  const section = part("details");
  const view = part(".zs-map-window");
  const plane = part(".zs-map-plane");
  const about = moveAbout({ view, plane, smaller: part(".zs-smaller"), larger: part(".zs-larger") });
  const cursor = part(".zs-map-cursor");
  const dot = part(".zs-map-drawing");
  const gallery = () => document.querySelector("#zs-gallery select")?.choice?.() ?? ""; // see gallery_choice.js
  let map = null;
  let mapped = null; // which gallery is shown, or on its way
  let loads = 0; // rises with every load; an older one stops
  let photoIn = new Map(); // by cell
  let current = null; // the cell under the cursor

  async function load() {
    const mine = (loads += 1);
    mapped = gallery();
    [map, current] = [null, null];
    view.hidden = cursor.hidden = true;
    say("Arranging photos; the first time takes a few seconds …");
    part("progress").hidden = false;
    const answer = await made(mine);
    if (mine !== loads) return;
    part("progress").hidden = true;
    if (!answer || answer.error) {
      mapped = null;
      say(answer?.error ?? "The server did not answer; close the map and open it again.");
      return;
    }
    map = answer;
    photoIn = new Map(map.cells.map((cell, at) => [cell, map.photos[at]]));
    part("img").src = map.picture;
    plane.style.setProperty("aspect-ratio", `${map.columns} / ${map.rows}`);
    view.hidden = false;
    about.zoomTo(section.clientWidth < NARROW ? 2 : 0);
    showDrawing();
    say(map.sentence);
  }

  /** The map of a gallery, as soon as it is made; until then an answer says how far that is. */
  async function made(mine) {
    for (;;) {
      const answer = await server.load_map({ gallery: mapped }).catch(() => undefined);
      if (!answer?.waiting || mine !== loads) return answer;
      say(answer.waiting);
    }
  }

  function say(sentence) {
    part("[role=status]").textContent = sentence;
  }

  // ---- Places, in cells from the top left

  const columnOf = (cell) => cell % map.columns;
  const rowOf = (cell) => Math.floor(cell / map.columns);

  /** Puts an element over a place; cells are `size` of the plane. */
  function put(mark, column, row) {
    mark.style.left = `${(100 * column) / map.columns}%`;
    mark.style.top = `${(100 * row) / map.rows}%`;
    mark.hidden = false;
  }

  function fitToCell(mark) {
    mark.style.width = `${100 / map.columns}%`;
    mark.style.height = `${100 / map.rows}%`;
  }

  // ---- What is searched for

  /**
   * The place of what was searched for: the mean of the places of the photos found, weighted by similarity, as far as
   * the five best of them. Why not a projection of the drawing itself is said in gallery_map.py.
   */
  function placeOf(found) {
    const best = found.slice(0, 5).map(({ cell, score }) => ({ cell, score: Number(score) }));
    const top = Math.max(...best.map(({ score }) => score));
    const weights = best.map(({ score }) => Math.exp((score - top) / SHARPNESS));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const mean = (coordinate) => best.reduce((total, { cell }, at) => total + (weights[at] / sum) * (coordinate(cell) + 0.5), 0);
    return { column: mean(columnOf), row: mean(rowOf) };
  }

  function showDrawing() {
    if (!map) return;
    for (const mark of element.querySelectorAll(".zs-map-match")) mark.remove();
    const found = [...document.querySelectorAll("#zs-found [data-photo]")]
      .map(({ dataset }) => ({ cell: map.nearest[Number(dataset.photo)], score: dataset.score }))
      .filter(({ cell }) => cell !== undefined);
    const isSearched = found.length > 0 && found[0].score !== ""; // or they are the photos of a category
    for (const { cell } of isSearched ? found.slice(0, 5) : found) {
      const mark = document.createElement("span");
      mark.className = "zs-map-match";
      fitToCell(mark);
      put(mark, columnOf(cell), rowOf(cell));
      plane.insertBefore(mark, dot);
    }
    dot.hidden = !isSearched;
    if (!found.length) {
      about.keepInView(null);
      return;
    }
    const { column, row } = isSearched ? placeOf(found) : { column: columnOf(found[0].cell) + 0.5, row: rowOf(found[0].cell) + 0.5 };
    if (isSearched) put(dot, column, row);
    about.keepInView({ across: column / map.columns, down: row / map.rows });
  }

  // ---- Going about

  function pointTo(cell) {
    current = cell;
    fitToCell(cursor);
    put(cursor, columnOf(cell), rowOf(cell));
    const { title, category } = photoIn.get(cell);
    say(category && category !== title ? `${title} (${category})` : title);
  }

  function cellAt(event) {
    const box = plane.getBoundingClientRect();
    const within = (share, count) => Math.min(Math.max(Math.floor(share * count), 0), count - 1);
    const row = within((event.clientY - box.top) / box.height, map.rows);
    return row * map.columns + within((event.clientX - box.left) / box.width, map.columns);
  }

  function open(cell) {
    document.querySelector(".zs-dialog").showPhoto(photoIn.get(cell));
  }

  /** The next photo in a direction, past free cells; the same if there is none. */
  function beside(cell, [across, down]) {
    let [column, row] = [columnOf(cell) + across, rowOf(cell) + down];
    for (; column >= 0 && column < map.columns && row >= 0 && row < map.rows; column += across, row += down) {
      if (photoIn.has(row * map.columns + column)) return row * map.columns + column;
    }
    return cell;
  }

  // ---- Wiring

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function bringUpToDate() {
    if (!section.open) return;
    if (mapped === gallery()) showDrawing();
    else load();
  }

  section.addEventListener("toggle", bringUpToDate);
  document.addEventListener("zs-found", bringUpToDate);
  document.addEventListener("zs-gallery", () => {
    mapped = null;
    bringUpToDate();
  });
  bringUpToDate(); // it may have been opened before this was here

  plane.addEventListener("pointermove", (event) => {
    const cell = cellAt(event);
    if (cell !== current && photoIn.has(cell)) pointTo(cell);
  });
  plane.addEventListener("click", (event) => {
    if (!about.wasMoved() && photoIn.has(cellAt(event))) open(cellAt(event));
  });
  plane.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (ARROWS[event.key]) {
      pointTo(current === null ? Math.min(...map.cells) : beside(current, ARROWS[event.key]));
      cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if ((event.key === "Enter" || event.key === " ") && current !== null) open(current);
    else return;
    event.preventDefault();
  });
}
