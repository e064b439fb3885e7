// What the server answers to a part of the page. Gradio's own part answers nothing at all when a call has failed.

const LOST = { error: "The server did not answer; try again." };

/** The answer that a promise brings; where it brings none, an `error` in one sentence, as the server has it too. */
export async function answerOf(promise) {
  try {
    return (await promise) ?? LOST;
  } catch {
    return LOST;
  }
}
