// How far the search has loaded, and what it computes with: two lines at the foot of the page.

const BEGINNING = "Loading the search …";

/** Keeps the lines; `told(message)` takes what the worker says, `excuse()` is said of a search that waits for it. */
export function showLoading(footer) {
  const line = footer.querySelector(".zs-loading");
  const bar = line.querySelector("progress");
  let progress = ""; // empty: all is there
  let isReady = false; // something was searched

  function show(sentence, isLoading) {
    progress = sentence;
    line.hidden = !sentence;
    bar.hidden = !isLoading;
    line.querySelector("span").textContent = sentence;
  }

  function told({ loaded, total, words }) {
    if (words) footer.querySelector(".zs-runs span").textContent = `It runs on ${words}.`;
    if (total === undefined) return;
    [bar.max, bar.value] = [total, loaded];
    if (loaded < total) show(`Loading the search: ${megabytes(loaded)} of ${megabytes(total)} MB …`, true);
    else show(isReady ? "" : BEGINNING, true);
  }

  /** Something went wrong, or all is there. */
  function done({ error }) {
    isReady ||= !error;
    show(error ?? "", false);
  }

  show(BEGINNING, true);
  return {
    told,
    done,
    /** A search was answered: the first shows that all is there; one that failed, if something is loading still, why. */
    answered(answer) {
      if (answer.error ? progress : !isReady) done(answer);
    },
    excuse: async () => progress,
  };
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
