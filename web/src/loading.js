// How far the search has loaded, and what it computes with: two lines at the foot of the page.

/** Keeps the lines; `told(message)` takes what the worker says, `excuse()` is said of a search that waits for it. */
export function showLoading(footer) {
  const line = footer.querySelector(".zs-loading");
  const bar = line.querySelector("progress");
  let progress = ""; // empty: all is there

  function told({ loaded, total, words }) {
    if (words) footer.querySelector(".zs-runs span").textContent = `It runs on ${words}.`;
    if (total === undefined) return;
    progress = loaded < total ? `Loading the search: ${megabytes(loaded)} of ${megabytes(total)} MB …` : "";
    line.hidden = bar.hidden = !progress;
    [bar.max, bar.value] = [total, loaded];
    line.querySelector("span").textContent = progress;
  }

  /** Something went wrong, or all is there. */
  function done({ error }) {
    progress = error ?? "";
    line.hidden = !progress;
    bar.hidden = true;
    line.querySelector("span").textContent = progress;
  }

  return {
    told,
    done,
    /** A search failed: if something is loading still, why that is. */
    failed: (answer) => progress && done(answer),
    excuse: async () => progress,
  };
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
