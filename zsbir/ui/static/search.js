// What is searched for, and one search at a time: while one is on its way the wish may change as often as it likes, and
// when the answer is there the newest wish is asked. Who answers is not known here (see found.js).

const PACE_MS = 100; // between two questions, at least: the machine that answers may be the one that is drawn on
const RETRY_MS = 1_000; // after a question that was lost

const wish = { drawing: () => "", gallery: () => null, count: 5, copies: false, only: null };
const listeners = [];
const wishful = [];
let ask = null; // (question) => promise of an answer
let version = 0; // of the wish
let answered = 0; // version of the newest answer
let isAsking = false;
let askedAt = null; // when the question on its way was asked; null: none is
let goOn = () => {}; // ends the pause before the next question

/** Changes what is searched for from the next question on. */
export function prefer(change) {
  Object.assign(wish, change);
}

/** Calls a listener whenever something else is wanted. */
export function whenWanted(listener) {
  wishful.push(listener);
}

/** Changes what is searched for. `drawing` and `gallery` are functions: only what is asked is worked out. */
export function want(change) {
  prefer(change);
  version += 1;
  keepAsking();
  for (const listener of wishful) listener();
}

/**
 * Takes what answers questions: `question` returns a promise; `show(answer)` is called with each that still counts. An
 * answer may ask for a `rest` before the next question, in ms.
 */
export function answerWith(question, show) {
  ask = question;
  listeners.push(show);
  keepAsking();
}

/** The pen was lifted, so nothing is held up any more by the next question: it is asked without a pause. */
export function hurry() {
  goOn();
}

/** Nothing that is on its way counts any more; the next wish does. */
export function forget() {
  version += 1;
  answered = version;
}

/** Whether the newest wish has its answer. */
export const isAnswered = () => answered === version;

/** How long the question on its way has been without an answer, in ms; 0: there is none. */
export function waitedFor() {
  return askedAt === null ? 0 : performance.now() - askedAt;
}

async function keepAsking() {
  if (isAsking || ask === null || answered === version) return;
  isAsking = true;
  askedAt = performance.now();
  while (answered !== version) {
    const asked = version;
    let answer = null;
    try {
      const { drawing, gallery, count, copies, only } = wish;
      answer = await ask({ drawing: drawing(), gallery: gallery(), count, copies, only });
    } catch {
      await pause(RETRY_MS); // askedAt stays: the visitor waits all the same
      continue;
    }
    if (answered < asked) {
      answered = asked;
      for (const show of listeners) show(answer);
    } // otherwise forgotten meanwhile
    await pause(Math.max(askedAt + PACE_MS - performance.now(), answer.rest ?? 0));
    askedAt = performance.now();
  }
  isAsking = false;
  askedAt = null;
}

const pause = (ms) =>
  new Promise((done) => {
    goOn = done;
    setTimeout(done, ms);
  });
