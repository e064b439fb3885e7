// The page without a server: its parts are those of the page with one (zsbir/ui/static), and a worker answers them.

import "virtual:styles";
import "./page.css";

import { start as startCanvas } from "../../zsbir/ui/static/canvas.js";
import { start as startCategories } from "../../zsbir/ui/static/categories.js";
import { start as startCount } from "../../zsbir/ui/static/photo_count.js";
import { start as startFilters } from "../../zsbir/ui/static/filters.js";
import { showFound } from "../../zsbir/ui/static/found.js";
import { start as startMap } from "../../zsbir/ui/static/map.js";
import { startAnswering } from "./asking.js";
import { startGalleryBar } from "./gallery_bar.js";
import { showLoading } from "./loading.js";
import { keepOffline, lookForNewer } from "./offline.js";

const SMALL = 400; // the longest side of small copies of photos, see copies.py
const LONGEST_REST_MS = 250;

const element = (name) => document.querySelector(`#zs-${name}`);
const loading = showLoading(document.querySelector(".zs-footer"));
const server = startAnswering(new URL("data/", document.baseURI).href, (message) => {
  loading.told(message);
  if (message.isFailing) lookForNewer(); // which may have what this version misses
  if (message.own) followOwn(message.own);
});

/**
 * The answer to a search; what went wrong is said in place of photos. The worker rests after it for as long as it took, so
 * that half of the time the cores are the pen's.
 */
async function ask(question) {
  const start = performance.now();
  const answer = await server.search(question);
  loading.answered(answer);
  const rest = Math.min(LONGEST_REST_MS, performance.now() - start);
  return answer.error ? { photos: [], places: question.count, sentence: answer.error } : { ...answer, rest };
}

const followOwn = startGalleryBar({ element: element("gallery"), server });
startFilters({ element: element("filters"), server });
startCount({ element: element("count") });
showFound({ element: element("found"), props: { small: SMALL }, server, ask, excuse: loading.excuse });
startMap({ element: element("map"), server });
startCategories({ element: element("known"), server });
startCanvas({ element: element("canvas"), server });
server.warm().then((answer) => {
  loading.done(answer);
  keepOffline(document.querySelector(".zs-newer")); // after the first search could be answered: it fetches, too
});
