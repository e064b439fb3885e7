// The visitor's own photos: embedded in the worker, kept in the browser, never sent. One photo after the other is read,
// embedded and kept, so that a page that is closed loses no more than the one in work; what is known is not done again.

import { preparePhoto } from "../pictures/photo.js";
import { copied } from "./copies.js";
import { markOf } from "./digests.js";
import { claimedIn, filesOf, foldersIn, placeOf } from "./folders.js";
import { OWN, galleriesOf } from "./own_gallery.js";
import { distinct, isUnchanged, moved, nameFor, placeFor, placedApart } from "./naming.js";
import { originals } from "./originals.js";
import { listed, prepared } from "./reading.js";
import { openStore } from "./store.js";

export { OWN };
const NAMED = 50; // files left out that are named
const DELETED = "deleted"; // is told to other tabs
const ADDRESSES = 3_000; // of copies that are shown, or were a moment ago; a map shows many

/**
 * Opens what is kept. `encoderOf(about)` promises an encoder; `changed(progress)` is called as photos come: how many are
 * `done` of a `total`, a `sentence`, and whether it is `busy` or `paused`.
 */
export async function openOwnPhotos(encoderOf, changed) {
  const store = await openStore();
  const photos = new Map((await store.all()).map((photo) => [photo.name, photo]));
  const galleries = galleriesOf(photos, store);
  const addresses = new Map(); // of copies, by digest; those used last at the end
  let version = 0;
  let run = 0; // which indexing goes on; an older one stops
  let goOn = null; // ends a pause
  let progress = { done: 0, total: 0, skipped: [], count: 0, busy: false, paused: false, sentence: "" };

  function tell(change) {
    progress = { ...progress, ...change };
    changed({ ...progress, photos: photos.size, isKept: store.isKept });
  }

  async function put(photo, folder, embedding) {
    photos.set(photo.name, photo);
    version += 1;
    await galleries.put(photo, folder, embedding);
  }

  // ---- Indexing

  /**
   * Embeds what was brought: `files`, each a `name` and a `file`, or the handle of a `folder`. What is in a folder no more is
   * deleted; files are a whole one if `isWhole`. The promise is kept when it has ended.
   */
  function index(brought, about) {
    return embedAll(brought, about).catch((error) => tell({ busy: false, sentence: error.constructor === Error ? error.message : roomSentence(error) }));
  }

  async function embedAll({ files, isWhole, folder }, about) {
    const mine = (run += 1);
    const goesOn = () => mine === run;
    tell({ done: 0, total: 0, skipped: [], count: 0, busy: true, paused: false, sentence: "Reading what is there" });
    await catchUp();
    const unread = []; // what was there of these stays
    const lost = (name, sentence) => {
      unread.push(name);
      skip(sentence);
    };
    const brought = originals(files ?? (await filesOf(folder, lost)), skip);
    let all = distinct(await listed(brought, lost));
    if (!goesOn()) return;
    if (folder || isWhole) all = await store.alone(() => inPlace(all, unread, folder ?? files[0].name.split("/")[0]));
    else all = placedApart(photos, all, claimedIn(await foldersIn(store)));
    if (!all.length && !progress.count) throw new Error("There is nothing to add; choose photos, a folder or a zip.");
    const wanted = all.filter((it) => !isKnown(it, about));
    tell({ done: all.length - wanted.length, total: all.length });
    const encoder = await encoderOf(about);
    let next = wanted.length ? prepared(wanted[0]) : null;
    for (let at = 0; at < wanted.length && goesOn(); at += 1) {
      const here = await next;
      next = at + 1 < wanted.length ? prepared(wanted[at + 1]) : null; // is decoded while this one is embedded
      if (progress.paused) await new Promise((resolve) => (goOn = resolve));
      if (!goesOn()) return;
      if (here.error) skip(here.error);
      else if (!(await kept(wanted[at], here, encoder, goesOn))) return;
      tell({ done: progress.done + 1, sentence: "" });
    }
    if (goesOn()) tell({ busy: false, sentence: "" });
  }

  /** Takes over what other tabs have kept since, or a photo of theirs would be lost to one of the same name. */
  async function catchUp() {
    const others = (await store.all()).filter(({ name }) => !photos.has(name));
    if (!others.length) return;
    for (const photo of others) photos.set(photo.name, photo);
    galleries.forget();
    version += 1;
  }

  /** The files of a folder, a handle or a name, under the names that they are kept by; photos that are gone are forgotten. */
  async function inPlace(all, unread, folder) {
    const place = folder.name ? await placeOf(store, photos, all, folder) : placeFor(photos, all, folder, claimedIn(await foldersIn(store)));
    const files = moved(all, place);
    const [there, ways] = [new Set(files.map(({ name }) => name)), moved(unread.map((name) => ({ name })), place)];
    const stays = (name) => there.has(name) || ways.some((way) => `${name}/`.startsWith(`${way.name}/`));
    const gone = [...photos.keys()].filter((name) => name.startsWith(`${place}/`) && !stays(name));
    await forget(gone);
    if (gone.length && !files.length && !unread.length) throw new Error(`The folder ${place} has no photos any more, so they are gone here, too.`);
    return files;
  }

  function skip(sentence) {
    const skipped = progress.skipped.length < NAMED ? [...progress.skipped, sentence] : progress.skipped;
    progress = { ...progress, skipped, count: progress.count + 1 };
  }

  const isKnown = (file, { folder }) => isUnchanged(photos, file) && photos.get(file.name).folders.includes(folder);

  /** Embeds a photo and keeps it; false if there is no room for it, or nobody wants it any more. */
  async function kept({ name: called, size, modified }, { picture, copy, digest }, encoder, goesOn) {
    const { folder, photo_size: side } = encoder.about;
    const embedding = Float32Array.from(await encoder.embedPhoto(preparePhoto(picture, side).data));
    if (!goesOn()) return false;
    let photo = null;
    try {
      await store.alone(async () => {
        const name = await freeName(called, digest);
        if (!goesOn()) return;
        photo = { name, size, modified, digest, title: titleOf(name), folders: [folder] };
        await store.put(photo, { folder, embedding, copy });
      });
    } catch (error) {
      run += 1;
      tell({ busy: false, sentence: roomSentence(error) });
      return false;
    }
    if (photo) await put(photo, folder, embedding);
    return photo !== null;
  }

  /** The name that a photo is kept by; another tab may have taken one a moment ago. */
  async function freeName(called, digest) {
    const name = nameFor(photos, called, digest);
    if (called.includes("/") || photos.has(name) || !(await store.has(name))) return name;
    await catchUp();
    return nameFor(photos, called, digest);
  }

  async function forget(names) {
    if (!names.length) return;
    await store.remove(names);
    for (const name of names) photos.delete(name);
    galleries.forget();
    version += 1;
  }

  // ---- Searching

  const lacking = ({ folder }) => [...photos.values()].filter(({ folders }) => !folders.includes(folder));
  let completing = null; // what is under way

  /** Embeds with an encoder what it lacks, from the copies. */
  function complete(about) {
    completing ??= embedLacking(about).finally(() => (completing = null));
    return completing;
  }

  async function embedLacking(about) {
    const encoder = await encoderOf(about);
    for (const photo of lacking(about)) {
      const copy = await store.copyOf(photo.name);
      const picture = copy && (await copied(copy, photo.name).then((it) => it.picture, () => null));
      if (!picture) {
        await forget([photo.name]); // nobody could see it
        continue;
      }
      const embedding = Float32Array.from(await encoder.embedPhoto(preparePhoto(picture, about.photo_size).data));
      if (photos.get(photo.name) !== photo) continue; // it was deleted or changed meanwhile
      const more = { ...photo, folders: [...photo.folders, about.folder] };
      await store.put(more, { folder: about.folder, embedding }).catch(() => {}); // no room: anew at the next visit
      await put(more, about.folder, embedding);
    }
  }

  /** The photos of an answer with addresses at which the page finds their copies. */
  async function withAddresses(shown) {
    return Promise.all(
      shown.map(async (photo) => {
        const address = await addressOf(photo);
        return { ...photo, url: address, small: address };
      }),
    );
  }

  async function addressOf({ name, digest }) {
    const address = addresses.get(digest) ?? URL.createObjectURL((await store.copyOf(name)) ?? new Blob());
    addresses.delete(digest);
    addresses.set(digest, address);
    for (const [old, unused] of [...addresses].slice(0, -ADDRESSES)) {
      URL.revokeObjectURL(unused);
      addresses.delete(old);
    }
    return address;
  }

  /**
   * What is known of a whole gallery, under a name: what is kept of the same photos, or what `make` promises, which is kept
   * unless they are others by then.
   */
  async function known(name, gallery, about, make) {
    const mark = await markOf(gallery.photos);
    const kept = mark && (await store.known(name).catch(() => null));
    if (kept?.mark === mark) return kept.content;
    const content = await make();
    if (mark && (await galleries.isCurrent(gallery, about))) await store.know(name, { mark, content }).catch(() => {}); // no room
    return content;
  }

  // ---- Deleting, here and in other tabs, which would go on keeping theirs

  const otherTabs = new BroadcastChannel(OWN);
  // What this tab was about to keep goes, too; an idle one, which may have slept for hours, leaves alone what has come since.
  otherTabs.onmessage = ({ data }) => data === DELETED && empty(progress.busy || completing !== null);

  async function empty(clearsStore) {
    run += 1;
    goOn?.();
    if (clearsStore) await store.clear();
    photos.clear();
    galleries.forget();
    version += 1;
    tell({ done: 0, total: 0, skipped: [], count: 0, busy: false, paused: false, sentence: "" });
  }

  return {
    known,
    index,
    folders: () => foldersIn(store),
    complete,
    gallery: galleries.of,
    withAddresses,
    copyOf: ({ name }) => store.copyOf(name),
    isComplete: (about) => lacking(about).length === 0,
    completed: (about) => ({ done: photos.size - lacking(about).length, total: photos.size }),
    get size() {
      return photos.size;
    },
    get version() {
      return version;
    },
    state: () => ({ ...progress, photos: photos.size, isKept: store.isKept }),
    pause: () => tell({ paused: true }),
    resume() {
      tell({ paused: false });
      goOn?.();
    },
    /** Ends what is going on; what is done stays. */
    stop() {
      run += 1;
      goOn?.();
      tell({ busy: false, paused: false, sentence: "" });
    },
    async clear() {
      await empty(true);
      otherTabs.postMessage(DELETED);
    },
  };
}

const titleOf = (name) => name.split("/").at(-1).replace(/\.\w+$/, "").replaceAll(/[_-]/g, " ").trim();

function roomSentence(error) {
  return error.name === "QuotaExceededError"
    ? "There is no more room for photos in this browser's storage; those that are done can be searched. Free some room, and choose the folder again."
    : "The browser refused to keep a photo; those that are done can be searched. Choose the folder again to go on.";
}
