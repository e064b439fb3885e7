// The drawing area: puts together page, painter, pointers, keys and files, and says what is drawn to the search.

import { jsonOf, WIDTH, HEIGHT, extend, onGrid, rubbed } from "./strokes.js";
import { BLANK, makePage } from "./page.js";
import { makePens } from "./pens.js";
import { makePainter } from "./painter.js";
import { followPointers } from "./pointer.js";
import { acceptFiles } from "./opening.js";
import { offerSaving } from "./saving.js";
import { keepIn } from "./keep.js";
import { listenToKeys } from "./keys.js";
import { followPressure } from "./pressure.js";
import { offerShortcuts } from "./shortcuts.js";
import { showExamples } from "./examples.js";
import { offerSurprises } from "./task.js";
import { shareLinks } from "./sharing.js";
import { showRing } from "./ring.js";
import { makeToast } from "./toast.js";
import { isAway, searchOnTheWayBack } from "./journey.js";
import { hurry, want } from "./search.js";

const REST_MS = 1_200; // after the last line a drawing rests

/** Gradio's part: `element` is filled from canvas.html, `server` has the functions of canvas.py. */
export function start({ element, server }) {
  const find = (selector) => element.querySelector(selector);
  const canvas = find("canvas");
  const say = makeToast(find(".zs-notice"), find(".zs-toast input")); // over the lower edge of the drawing area
  const painter = makePainter(canvas);
  const page = makePage(show);
  let live = null; // the stroke under the pen

  const isBlank = () => page.isBlank && live === null;

  /** Everything that depends on the page. */
  function show() {
    find(".zs-undo").disabled = !page.canUndo;
    find(".zs-redo").disabled = !page.canRedo;
    find(".zs-clear").disabled = isBlank();
    find(".zs-hint").hidden = !isBlank();
    say("");
    painter.show(page.now, live);
  }

  // ---- What is searched for

  /** Strokes as JSON, with the picture under them and the photo beside them, if there are any. */
  function query() {
    const { strokes, picture, rubbed: ways } = page.now;
    const under = picture ? `,"picture":${JSON.stringify(picture.src)},"rubbed":${JSON.stringify(ways)}` : "";
    const beside = reference
      ? `,"reference":${JSON.stringify({ photo: reference.photo, digest: reference.digest, weight: sign * Number(weight.value) })}`
      : "";
    const drawn = [...strokes.map(jsonOf), ...(live ? [JSON.stringify(live)] : [])];
    return `{"width":${WIDTH},"height":${HEIGHT},"strokes":[${drawn.join()}]${under}${beside}}`;
  }

  let isGrowing = false; // whether the photos shown may stay, if they are about as good as others (see calm.py)
  let rest = 0;

  /** What is asked: the drawing, and while it grows the photos shown for it. */
  function question() {
    if (!isGrowing) return query();
    const items = [...document.querySelectorAll("#zs-found [data-photo]")];
    const shown = items.map(({ dataset: { photo, digest } }) => ({ photo: Number(photo), digest }));
    return `${query().slice(0, -1)},"shown":${JSON.stringify(shown)},"mid_stroke":${pointers.isDrawing}}`;
  }

  function send() {
    want({ drawing: question });
  }

  /** A line is drawn or rubbed; once the drawing rests, the best photos are shown as they are. */
  function grow() {
    isGrowing = true;
    clearTimeout(rest);
    rest = pointers.isDrawing ? 0 : setTimeout(comeToRest, REST_MS);
    send();
  }

  /** Nobody drew for a while. Who looks at other photos by then goes on with that: the search is for the way back. */
  function comeToRest() {
    isGrowing = false;
    if (isAway()) searchOnTheWayBack();
    else send();
  }

  /** The drawing as it is now is done: it is searched for and kept. */
  function settle() {
    isGrowing = false;
    clearTimeout(rest);
    send();
    kept.save();
    links.edited();
  }

  /** Shows another page, which can be undone, and searches for it. */
  function turnTo(next) {
    const unmake = page.turnTo(next);
    settle();
    return unmake;
  }

  // ---- Drawing and rubbing out

  let box = null; // of the canvas on the screen
  let unrub = null; // unmakes what the eraser has done since it came down
  let rubber = null; // where the eraser was last

  function pointsOf(events) {
    box ??= canvas.getBoundingClientRect(); // not at every move: photos that come would be laid out at once
    const within = (value, limit) => Math.min(Math.max(value, 0), 1) * limit;
    return events.map((event) => {
      const across = within((event.clientX - box.left) / box.width, WIDTH);
      const down = within((event.clientY - box.top) / box.height, HEIGHT);
      return onGrid([across, down, ...pressureOf(event)]);
    });
  }

  const hand = {
    begin(event, isRubbing) {
      box = null;
      const points = pointsOf([event]);
      if (isRubbing || pens.isEraser) {
        rubber = points[0];
        rub(points);
        return;
      }
      live = { width: pens.width, points };
      show();
      grow();
    },
    move(events) {
      if (rubber) rub(pointsOf(events));
      else {
        extend(live, pointsOf(events));
        painter.show(page.now, live);
      }
      grow();
    },
    end() {
      if (live) {
        const stroke = live;
        live = null;
        page.turnTo({ ...page.now, strokes: [...page.now.strokes, stroke] });
      }
      rubber = unrub = null;
      grow();
      hurry();
      kept.save();
      links.edited();
    },
    takeBack() {
      live = null;
      unrub?.();
      rubber = unrub = null;
      show();
      settle();
    },
  };

  /** Moves the eraser; all of one movement is one step of undo. */
  function rub(points) {
    for (const point of points) {
      const [from, to] = [rubber.slice(0, 2), point.slice(0, 2)];
      rubber = point;
      const { strokes, picture, rubbed: ways } = page.now;
      const next = { strokes: rubbed(strokes, from, to), picture, rubbed: picture ? [...ways, { from, to }] : ways };
      if (next.strokes === strokes && !picture) continue;
      if (unrub) page.replace(next);
      else unrub = page.turnTo(next);
    }
  }

  const pressureOf = followPressure(find(".zs-pressure"));
  const pens = makePens(find(".zs-pens"));
  const pointers = followPointers(canvas, hand);

  const act = (change) => () => {
    if (!pointers.isDrawing && change()) settle();
  };
  const undo = act(page.undo);
  const redo = act(page.redo);
  const clear = act(() => {
    pens.takePen();
    return !page.isBlank && page.turnTo(BLANK);
  });

  // ---- A photo that is searched with beside the drawing (chosen in photo_dialog.js)

  let reference = null;
  const weight = find(".zs-reference input");
  let sign = 1; // -1: away from it

  function refineWith(photo, isAgainst = false) {
    reference = photo;
    if (photo) [sign, weight.value] = isAgainst ? [-1, 0.3] : [1, 0.5];
    find(".zs-toward").textContent = isAgainst ? "Away from it" : "Photo";
    weight.ariaLabel = isAgainst ? "How much what is like the photo is left out" : "How much the photo counts";
    find(".zs-reference").hidden = photo === null;
    if (photo) {
      find(".zs-reference img").src = photo.url;
      find(".zs-reference img").alt = photo.title;
    }
    send();
  }

  weight.addEventListener("input", send);
  find(".zs-reference button").addEventListener("click", () => refineWith(null));
  const put = (strokes) => turnTo({ ...BLANK, strokes });
  Object.assign(canvas, { query, isBlank, put, refineWith, isDrawing: () => pointers.isDrawing }); // for other parts of the page

  // ---- Wiring

  find(".zs-undo").addEventListener("click", undo);
  find(".zs-redo").addEventListener("click", redo);
  find(".zs-clear").addEventListener("click", clear);
  find(".zs-search").addEventListener("click", () => {
    settle();
    document.querySelector(".zs-results")?.scrollIntoView({ behavior: "smooth", block: "nearest" });
  });
  showRing(find(".zs-ring"), canvas, find(".zs-eraser input"));
  listenToKeys({ undo, redo, clear, help: offerShortcuts(find(".zs-help")) });
  acceptFiles({ chooser: find(".zs-upload input"), camera: find(".zs-camera"), canvas, read: server.read_picture, page, turnTo, say });
  offerSaving(find(".zs-save"), page, say);
  const links = shareLinks({ menu: find(".zs-save"), field: find(".zs-toast input"), page, turnTo, say });
  showExamples(find(".zs-examples"), put);
  offerSurprises(find(".zs-task"), { page, turnTo, settle, send, isDrawing: () => pointers.isDrawing });
  new ResizeObserver(painter.refresh).observe(canvas);
  for (const change of ["scroll", "resize"]) window.addEventListener(change, () => (box = null), { capture: true, passive: true });
  new MutationObserver(painter.refresh).observe(document.body, { attributes: true, attributeFilter: ["class"] }); // light, dark
  const kept = keepIn(page, send);

  function listening() {
    document.dispatchEvent(new Event("zs-ready")); // to early.js and first_lines.js
    find(".zs-hint").hidden = !isBlank(); // the latter hides it whatever comes of what was done
    painter.refresh(); // plain ink of the latter goes, wherever it is
  }

  kept.bringBack().then(links.open).finally(listening); // what was drawn meanwhile comes on top
}
