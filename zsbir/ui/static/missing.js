// Photos of the list that did not come: they are hidden, tried again when there is a connection, and told while there is none.

import { isReachable } from "./reach.js";

const SENTENCE = "Photos can't be loaded: there is no connection. They come when it is back.";

/** Hides an image as long as it shows nothing. */
export function hideMissing(image) {
  image.addEventListener("error", () => (image.style.visibility = "hidden"));
  image.addEventListener("load", () => (image.style.visibility = ""));
}

const isMissing = (image) => image.complete && image.naturalWidth === 0;

/** Fetches an image again if it did not come. */
export function fetchAgain(image) {
  if (isMissing(image)) image.src = image.src; // said again, it is fetched again
}

/** Looks after the images of a list; returns what promises a sentence on them, which is empty while there is nothing to say. */
export function lookAfter(list) {
  const gone = new WeakSet(); // there was an answer, and no photo: deleted since it was found
  const images = () => [...list.querySelectorAll("img")];
  const fetchAll = () => images().forEach(fetchAgain);
  let isCutOff = false;

  window.addEventListener("online", fetchAll);
  return async () => {
    const lost = images().find((image) => isMissing(image) && !gone.has(image));
    const wasCutOff = isCutOff;
    isCutOff = lost !== undefined && !(await isReachable(lost.src));
    if (!isCutOff && wasCutOff) fetchAll();
    else if (!isCutOff && lost) gone.add(lost);
    return isCutOff ? SENTENCE : "";
  };
}
