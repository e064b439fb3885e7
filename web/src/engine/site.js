// What the page asks of the site: the functions have the names that those of the server have, and answer the same.

import { photosOf } from "./answers.js";
import { openData } from "./data.js";
import { explained } from "./explanation.js";
import { blobAt } from "./files.js";
import { blobOf, decoded, pngUrl } from "./pixels.js";
import { questionOf } from "./question.js";
import { neighbours, rowIn, searched, sketchOf } from "./search.js";
import { inkOnGlass } from "../pictures/opened.js";
import { preparePhoto } from "../pictures/photo.js";

/** Opens the site whose data is at an address; see `openData`. */
export async function openSite(address, runtime, tell) {
  const data = await openData(address, runtime, tell);
  const { encoders, galleries } = data.site;

  /** What a choice names, the JSON of the bar of galleries; the first of each where it says nothing. */
  function chosen(choice) {
    const { gallery, encoder } = choice ? JSON.parse(choice) : {};
    const named = (all, wanted) => all.find(({ name }) => name === wanted) ?? all[0];
    return { about: named(galleries, gallery), encoder: named(encoders, encoder) };
  }

  function galleryOf(choice) {
    const { about, encoder } = chosen(choice);
    return data.gallery(about, encoder);
  }

  /** All that a search needs. */
  async function ready(choice) {
    const { about, encoder } = chosen(choice);
    const [open, gallery] = await Promise.all([data.encoder(encoder), data.gallery(about, encoder)]);
    await open.ready();
    return { encoder: open, gallery };
  }

  /** One of the files that were made of a gallery for an encoder. */
  function fileOf(choice, kind) {
    const { about, encoder } = chosen(choice);
    return data.json(about, about.by_encoder[encoder.name][kind]);
  }

  let glass = { url: null, picture: null }; // the last picture that lay under strokes

  async function glassOf({ picture: url = null }) {
    if (glass.url !== url) glass = { url, picture: url && (await decoded(blobOf(url))) };
    return glass.picture;
  }

  let explaining = 0; // which explanation is wanted; an older one stops

  async function explain(asked) {
    const mine = (explaining += 1);
    const { encoder, gallery } = await ready(asked.gallery);
    const { url } = gallery.photos[rowIn(gallery, asked)];
    const question = questionOf({ drawing: asked.query });
    const sketch = sketchOf(question, encoder.about, await glassOf(question.canvas));
    const photo = preparePhoto(await decoded(await blobAt(new URL(`../${url}`, address))), encoder.about.photo_size);
    const heat = await explained(encoder, sketch, photo.data, () => mine === explaining);
    if (!heat) throw new Error("Another photo is being explained by now.");
    return {
      photo: await pngUrl(heat.photo),
      sketch: await pngUrl(heat.sketch),
      sentence: `Match ${heat.similarity.toFixed(2)}. Warmer areas matter more to the match.`,
    };
  }

  return {
    warm: () => ready().then(() => ({})),
    async search(asked) {
      const { encoder, gallery } = await ready(asked.gallery);
      return searched(asked, encoder, gallery, glassOf);
    },
    more_like: async (asked) => neighbours(asked, await galleryOf(asked.gallery)),
    explain,
    read_picture: async (url) => ({ picture: await pngUrl(inkOnGlass(await decoded(blobOf(url)))) }),
    show_category: async ({ gallery, category }) => photosOf(await galleryOf(gallery), category),
    list_encoders: async () => encoders.map(({ name, says }) => ({ name, says })),
    list_galleries: async () => ({ galleries: galleries.map(listed), own: null }),
    prepare_encoder: (asked) => ready(JSON.stringify(asked)).then(() => ({ ready: true })),
    list_choices: async ({ gallery }) => chosen(gallery).about.choices,
    list_categories: ({ gallery }) => fileOf(gallery, "categories"),
    async load_map({ gallery }) {
      const [map, { photos }] = await Promise.all([fileOf(gallery, "map"), galleryOf(gallery)]);
      return { ...map, photos: map.photos.map((row) => ({ ...photos[row], photo: String(row), score: "", measure: "" })) };
    },
  };

  function listed({ name, count }) {
    return { name, count, is_private: false, is_watched: false, version: 0, trouble: "", encoder: encoders[0].name };
  }
}
