// One sentence for the visitor, laid over the page so that nothing moves. It leaves by itself.

const [AT_LEAST_MS, MS_A_LETTER] = [4_000, 60];

/**
 * Returns `say(sentence, text)`, which shows a sentence in `part`; none hides it. What ends in "…" is under way and stays,
 * and so does a text beside it that is to be copied from `field`.
 */
export function makeToast(part, field = null) {
  let timer = 0;

  return function say(sentence, text = "") {
    const leave = () => (document.hidden ? (timer = setTimeout(leave, AT_LEAST_MS)) : say("")); // nobody has seen it yet
    clearTimeout(timer);
    if (part.textContent !== sentence) part.textContent = sentence; // or it would be read out again
    if (field) [field.value, field.hidden] = [text, text === ""];
    if (sentence && !text && !sentence.endsWith("…")) timer = setTimeout(leave, AT_LEAST_MS + MS_A_LETTER * sentence.length);
  };
}
