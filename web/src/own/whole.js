// What is worked out of all own photos together, in a worker beside this one, so that no search waits for it: their map, and
// what known sketches get among them, by which drawings are told that nothing here is like them. It is kept with the photos.

import { mapSentence } from "../engine/answers.js";
import { MOST } from "../gallery/unlike.js";
import { painted } from "./painting.js";
import Working from "./whole_worker.js?worker";

const PATIENCE_MS = 500; // for what is not done by then, a sentence says how far it is
const FAILED = "The map could not be made in this browser; close the map and open it again.";

/** Of the galleries of `own` photos, which are others as soon as a photo comes or goes; `knownSketches(about)` promises those of an encoder. */
export function workOutOf(own, knownSketches) {
  const found = new WeakMap(); // by gallery: of each kind, { promise, share }
  const workers = new Map(); // by kind, those that work
  let picture = null; // the address of the map's

  /** What a worker answers; an older question of the kind is dropped. */
  function workedOut(kind, asked, told) {
    workers.get(kind)?.drop();
    return new Promise((resolve, reject) => {
      const worker = new Working();
      const end = (settle) => (value) => {
        worker.terminate();
        if (workers.get(kind)?.worker === worker) workers.delete(kind);
        settle(value);
      };
      const fail = end(reject);
      workers.set(kind, { worker, drop: () => fail(new Error("It is asked for of other photos by now.")) });
      worker.onmessage = ({ data: { share, answer } }) => (answer ? end(resolve)(answer) : told(share));
      worker.onerror = (event) => {
        event.preventDefault(); // or the page would take it for the end of the search itself
        fail(new Error(FAILED));
      };
      worker.postMessage({ kind, asked });
    });
  }

  /** What is known of a gallery, of a kind: `promise` of it, and which `share` is done; `make(told)` is called if nothing is kept. */
  function once(kind, gallery, about, make) {
    const known = found.get(gallery) ?? {};
    found.set(gallery, known);
    if (known[kind]) return known[kind];
    const state = { promise: null, share: 0 };
    known[kind] = state;
    state.promise = own.known(`${kind} ${about.folder}`, gallery, about, () => make((share) => (state.share = share)));
    state.promise.catch(() => delete known[kind]); // tried anew when it is asked for again
    return state;
  }

  /** Sees to it that a gallery can tell what nothing in it is like, from the next search on, or from the one after it is worked out. */
  function judge(gallery, about) {
    if (gallery.unlike || gallery.size === 0 || gallery.size > MOST || own.state().busy) return;
    const { promise } = once("unlike", gallery, about, async (told) => {
      const known = await knownSketches(about);
      return known.length ? workedOut("unlike", { known, embeddings: gallery.embeddings, dim: gallery.dim }, told) : null;
    });
    promise.then((unlike) => (gallery.unlike = unlike)).catch(() => {}); // then nothing is told
  }

  /** The map of a gallery as map.js wants it, or how far it is. */
  async function map(gallery, about) {
    const later = (answer) => new Promise((done) => setTimeout(done, PATIENCE_MS, answer));
    if (own.state().busy) return later({ waiting: "The map is made when your photos are ready …" });
    const state = once("map", gallery, about, async (told) => {
      const made = await workedOut("map", { embeddings: gallery.embeddings, dim: gallery.dim }, (share) => told(share / 2));
      const shown = made.photos.map((row) => gallery.photos[row]);
      return { ...made, picture: await painted(made, shown, own.copyOf, (share) => told((1 + share) / 2)) };
    });
    const answer = await Promise.race([state.promise, later(null)]);
    if (!answer) return { waiting: `Arranging your photos: ${Math.round(100 * state.share)} % …` };
    if (picture) URL.revokeObjectURL(picture);
    picture = URL.createObjectURL(answer.picture);
    return { ...answer, picture, sentence: mapSentence(answer.photos.length, gallery.size) };
  }

  return { judge, map };
}
