// What the pointer holds: one of the pens, or the eraser.

const ERASER = "eraser"; // the value of its radio button in canvas.html

/** Follows the radio buttons of a fieldset. */
export function makePens(fieldset) {
  const chosen = () => fieldset.querySelector("input:checked");
  let pen = fieldset.querySelector("[checked]"); // the one that was held last

  function notice() {
    if (chosen().value !== ERASER) pen = chosen();
  }

  fieldset.addEventListener("change", notice);
  notice(); // a browser may have kept another over a reload

  return {
    get isEraser() {
      return chosen().value === ERASER;
    },
    /** How wide the pen draws, in units of the page. */
    get width() {
      return Number(pen.value);
    },
    /** Puts the eraser away: on a blank page there is nothing for it to take. */
    takePen() {
      pen.checked = true;
    },
  };
}
