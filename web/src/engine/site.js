// What the page asks of the site: the functions have the names that those of the server have, and answer the same. The
// visitor's own photos are a gallery like the others, kept in the browser.

import { scoreText } from "../../../zsbir/ui/static/score.js";
import { OWN, openOwnPhotos } from "../own/own_photos.js";
import { workOutOf } from "../own/whole.js";
import { inkOnGlass } from "../pictures/opened.js";
import { preparePhoto } from "../pictures/photo.js";
import { photosOf } from "./answers.js";
import { openData } from "./data.js";
import { explained } from "./explanation.js";
import { blobAt } from "./files.js";
import { blobOf, decoded, pngUrl } from "./pixels.js";
import { questionOf } from "./question.js";
import { neighbours, rowIn, searched, sketchOf } from "./search.js";

/**
 * Opens the site whose data is at an address. `processors` are what computes, `runtime` and `graphics`; `tell(message)` is
 * called as an encoder comes, and as own photos do.
 */
export async function openSite(address, processors, tell) {
  const data = await openData(address, processors, (loaded, total) => tell({ loaded, total }));
  const { encoders, galleries } = data.site;
  const own = await openOwnPhotos(data.encoder, (progress) => tell({ own: progress }));
  const whole = workOutOf(own, data.knownSketches);

  /** What a choice names, the JSON of the bar of galleries; the first of each where it says nothing. */
  function chosen(choice) {
    const { gallery, encoder } = choice ? JSON.parse(choice) : {};
    const named = (all, wanted) => all.find(({ name }) => name === wanted) ?? all[0];
    return { isOwn: gallery === OWN && own.size > 0, about: named(galleries, gallery), encoder: named(encoders, encoder) };
  }

  async function galleryOf(choice) {
    const { isOwn, about, encoder } = chosen(choice);
    return isOwn ? own.gallery(encoder) : data.gallery(about, encoder);
  }

  /** All that a search needs. */
  async function ready(choice) {
    const [encoder, gallery] = await Promise.all([data.encoder(chosen(choice).encoder), galleryOf(choice)]);
    await encoder.ready();
    if (chosen(choice).isOwn) whole.judge(gallery, encoder.about);
    return { encoder, gallery };
  }

  /** An answer as the page can show it: copies of own photos get their addresses only now. */
  async function shown(choice, answer) {
    return chosen(choice).isOwn ? { ...answer, photos: await own.withAddresses(answer.photos) } : answer;
  }

  // ---- Pictures

  let glass = { url: null, picture: null }; // the last picture that lay under strokes

  async function glassOf({ picture: url = null }) {
    if (glass.url !== url) glass = { url, picture: url && (await decoded(blobOf(url))) };
    return glass.picture;
  }

  let explaining = 0; // which explanation is wanted; an older one stops

  async function explain(asked) {
    const mine = (explaining += 1);
    const { encoder, gallery } = await ready(asked.gallery);
    const found = gallery.photos[rowIn(gallery, asked)];
    const file = chosen(asked.gallery).isOwn ? own.copyOf(found) : blobAt(new URL(`../${found.url}`, address));
    const question = questionOf({ drawing: asked.query });
    const sketch = sketchOf(question, encoder.about, await glassOf(question.canvas));
    const photo = preparePhoto(await decoded(await file), encoder.about.photo_size);
    const heat = await explained(encoder, sketch, photo.data, () => mine === explaining);
    if (!heat) throw new Error("Another photo is being explained by now.");
    return {
      photo: await pngUrl(heat.photo),
      sketch: await pngUrl(heat.sketch),
      sentence: `Match ${scoreText(heat.similarity)}. Warmer areas matter more to the match.`,
    };
  }

  // ---- Galleries

  function listed() {
    const plain = { is_private: false, is_watched: false, version: 0, trouble: "", encoder: encoders[0].name };
    const all = galleries.map(({ name, count }) => ({ ...plain, name, count }));
    return own.size ? [...all, { ...plain, name: OWN, count: own.size, version: own.version, is_private: true }] : all;
  }

  async function categories({ gallery }) {
    const choice = chosen(gallery);
    const known = await data.described(choice.about, choice.encoder, "categories");
    if (!choice.isOwn) return known;
    const groups = known.groups.filter(({ title }) => title !== "Also in this gallery");
    return { ...known, groups: groups.map(ofNoPhotos) };
  }

  async function map({ gallery }) {
    const choice = chosen(gallery);
    const here = await galleryOf(gallery);
    const found = await (choice.isOwn ? whole.map(here, choice.encoder) : data.described(choice.about, choice.encoder, "map"));
    if (found.waiting) return found;
    const photos = found.photos.map((row) => ({ ...here.photos[row], photo: String(row), score: "", measure: "" }));
    return { ...found, photos: choice.isOwn ? await own.withAddresses(photos) : photos };
  }

  async function prepare({ gallery, encoder }) {
    const choice = JSON.stringify({ gallery, encoder });
    const { isOwn, encoder: about } = chosen(choice);
    if (isOwn && !own.isComplete(about)) {
      own.complete(about);
      return { ready: false, ...own.completed(about) };
    }
    await ready(choice);
    return { ready: true };
  }

  return {
    warm: () => ready().then(() => ({})),
    async search(asked) {
      const { encoder, gallery } = await ready(asked.gallery);
      return shown(asked.gallery, await searched(asked, encoder, gallery, glassOf));
    },
    more_like: async (asked) => shown(asked.gallery, neighbours(asked, await galleryOf(asked.gallery))),
    explain,
    read_picture: async (url) => ({ picture: await pngUrl(inkOnGlass(await decoded(blobOf(url)))) }),
    show_category: async ({ gallery, category }) => photosOf(await galleryOf(gallery), category),
    list_encoders: async () => encoders.map(({ name, says }) => ({ name, says })),
    list_galleries: async () => ({ galleries: listed(), own: null }),
    prepare_encoder: prepare,
    list_choices: async ({ gallery }) => (chosen(gallery).isOwn ? { categories: [], licences: [], dated: true } : chosen(gallery).about.choices),
    list_categories: categories,
    load_map: map,
    own_state: async () => own.state(),
    own_folders: async () => ({ folders: await own.folders() }),
    index_own: (brought) => own.index(brought, encoders[0]),
    pause_own: async () => own.pause(),
    resume_own: async () => own.resume(),
    stop_own: async () => own.stop(),
    delete_own: async () => own.clear(),
  };
}

/** A group of categories where nobody knows which photos show them. */
function ofNoPhotos({ title, categories, ...rest }) {
  const count = `${categories.length} ${categories.length === 1 ? "category" : "categories"}`;
  return { ...rest, title, summary: `${title}: ${count}`, categories: categories.map((it) => ({ ...it, photos: 0 })) };
}
