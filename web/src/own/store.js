// Where the visitor's own photos are kept: in the browser's database, each as soon as it is done; where that is refused, in
// memory for as long as the page is open. A photo is { name, size, modified, digest, title, embeddings } by its name, where
// `embeddings` are by the folders of encoders; its small copy lies beside it, so that a list of photos is quickly read. What
// is known of all of them together lies in a third list, under names.

const NAME = "zsbir own photos";
const [PHOTOS, COPIES, KNOWN] = ["photos", "copies", "known"];

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
    const request = indexedDB.open(NAME, 2);
    request.onupgradeneeded = ({ oldVersion }) => {
      request.result.createObjectStore(KNOWN);
      if (oldVersion > 0) return;
      request.result.createObjectStore(PHOTOS, { keyPath: "name" });
      request.result.createObjectStore(COPIES);
    };
    request.onblocked = () => reject(new Error("An older page holds the storage."));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function keptStore(database) {
  /** What `work` asks of the lists, all of it or nothing. */
  function together(mode, work) {
    return new Promise((resolve, reject) => {
      const lists = [PHOTOS, COPIES, KNOWN];
      const transaction = database.transaction(lists, mode);
      const request = work(...lists.map((list) => transaction.objectStore(list)));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("The browser's storage failed."));
    });
  }

  return {
    isKept: true,
    all: () => together("readonly", (photos) => photos.getAll()),
    copyOf: (name) => together("readonly", (_, copies) => copies.get(name)),
    put: (photo, copy) =>
      together("readwrite", (photos, copies) => {
        photos.put(photo);
        if (copy) copies.put(copy, photo.name);
      }),
    remove: (names) =>
      together("readwrite", (photos, copies) => {
        for (const name of names) {
          photos.delete(name);
          copies.delete(name);
        }
      }),
    known: (name) => together("readonly", (_, __, known) => known.get(name)),
    know: (name, content) => together("readwrite", (_, __, known) => known.put(content, name)),
    clear: () =>
      together("readwrite", (...lists) => {
        for (const list of lists) list.clear();
      }),
  };
}

function fleetingStore() {
  const [photos, copies, known] = [new Map(), new Map(), new Map()];
  return {
    isKept: false,
    all: async () => [...photos.values()],
    copyOf: async (name) => copies.get(name),
    async put(photo, copy) {
      photos.set(photo.name, photo);
      if (copy) copies.set(photo.name, copy);
    },
    async remove(names) {
      for (const name of names) [photos, copies].forEach((list) => list.delete(name));
    },
    known: async (name) => known.get(name),
    know: async (name, content) => void known.set(name, content),
    async clear() {
      [photos, copies, known].forEach((list) => list.clear());
    },
  };
}
