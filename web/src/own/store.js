// Where the visitor's own photos are kept: in the browser's database, each as soon as it is done; where that is refused, in
// memory for as long as the page is open. A photo is { name, size, modified, digest, title, folders } by its name, where
// `folders` are those of the encoders that have embedded it. Its embeddings and its small copy lie in lists of their own, so
// that the list of photos is quickly read. What is known of all of them together lies in a fourth list, under names.

const NAME = "zsbir own photos";
const VERSION = 2;
const PATIENCE_MS = 10_000; // some browsers never answer
const LISTS = ["photos", "copies", "embeddings", "known"];
const [PHOTOS, COPIES, EMBEDDINGS, KNOWN] = LISTS;

/** Opens the store; `isKept` says whether what is in it outlives the page. */
export async function openStore() {
  try {
    return keptStore(await opened());
  } catch {
    return fleetingStore();
  }
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const { result: database } = request;
      for (const list of [...database.objectStoreNames]) database.deleteObjectStore(list); // of another form: embedded anew
      database.createObjectStore(PHOTOS, { keyPath: "name" });
      database.createObjectStore(COPIES);
      database.createObjectStore(EMBEDDINGS, { keyPath: ["name", "folder"] }).createIndex("folder", "folder");
      database.createObjectStore(KNOWN);
    };
    request.onsuccess = () => {
      if (LISTS.every((list) => request.result.objectStoreNames.contains(list))) resolve(request.result);
      else reject(new Error("The storage of that name is another page's."));
    };
    request.onerror = () => reject(request.error);
    setTimeout(() => reject(new Error("The storage does not answer.")), PATIENCE_MS);
    request.onblocked = () => reject(new Error("An older page holds the storage."));
  });
}

function keptStore(database) {
  /** What `work` asks of the lists, all of it or nothing. */
  function together(mode, work) {
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(LISTS, mode);
      const request = work(...LISTS.map((list) => transaction.objectStore(list)));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("The browser's storage failed."));
    });
  }

  const allOf = (name) => IDBKeyRange.bound([name], [name, []]);

  return {
    isKept: true,
    /** Does some work while no other tab does such; where tabs cannot wait for each other, at once. */
    alone: (work) => (navigator.locks ? navigator.locks.request(NAME, work) : work()),
    all: () => together("readonly", (photos) => photos.getAll()),
    has: async (name) => (await together("readonly", (photos) => photos.getKey(name))) !== undefined,
    copyOf: (name) => together("readonly", (_, copies) => copies.get(name)),
    /** The embeddings of an encoder: [{ name, embedding }, …]. */
    embeddings: (folder) => together("readonly", (_, __, embeddings) => embeddings.index("folder").getAll(folder)),
    /** Keeps a photo with one embedding more; one with a `copy` is new, and what there was of its name goes. */
    put: (photo, { folder, embedding, copy }) =>
      together("readwrite", (photos, copies, embeddings) => {
        photos.put(photo);
        if (copy) {
          copies.put(copy, photo.name);
          embeddings.delete(allOf(photo.name));
        }
        embeddings.put({ name: photo.name, folder, embedding });
      }),
    remove: (names) =>
      together("readwrite", (photos, copies, embeddings) => {
        for (const name of names) {
          photos.delete(name);
          copies.delete(name);
          embeddings.delete(allOf(name));
        }
      }),
    known: (name) => together("readonly", (...lists) => lists.at(-1).get(name)),
    know: (name, content) => together("readwrite", (...lists) => lists.at(-1).put(content, name)),
    clear: () =>
      together("readwrite", (...lists) => {
        for (const list of lists) list.clear();
      }),
  };
}

function fleetingStore() {
  const [photos, copies, known, embeddings] = [new Map(), new Map(), new Map(), new Map()]; // the last by folder, then by name
  return {
    isKept: false,
    alone: (work) => work(),
    all: async () => [...photos.values()],
    has: async (name) => photos.has(name),
    copyOf: async (name) => copies.get(name),
    embeddings: async (folder) => Array.from(embeddings.get(folder) ?? [], ([name, embedding]) => ({ name, embedding })),
    async put(photo, { folder, embedding, copy }) {
      photos.set(photo.name, photo);
      if (copy) copies.set(photo.name, copy);
      if (!embeddings.has(folder)) embeddings.set(folder, new Map());
      embeddings.get(folder).set(photo.name, embedding);
    },
    async remove(names) {
      for (const name of names) [photos, copies, ...embeddings.values()].forEach((list) => list.delete(name));
    },
    known: async (name) => known.get(name),
    know: async (name, content) => void known.set(name, content),
    async clear() {
      [photos, copies, known, embeddings].forEach((list) => list.clear());
    },
  };
}
