// The slider. Gradio runs this once, when the component is loaded; setting props.value fires "change" and writes the
// number beside the slider.

const COUNT = "zs-count"; // kept in the tab, like the drawing (see canvas_keep.js)
const slider = element.querySelector("input");

slider.addEventListener("input", () => {
  props.value = Number(slider.value);
  try {
    sessionStorage.setItem(COUNT, slider.value);
  } catch {
    // Storing is forbidden here: a reload starts with the usual number.
  }
});

function bringBack() {
  try {
    slider.value = sessionStorage.getItem(COUNT) ?? slider.value;
  } catch {
    return; // as above
  }
  props.value = Number(slider.value);
}

setTimeout(bringBack); // Gradio sets the first value once more when this script is through
