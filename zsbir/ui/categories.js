// Brings the lists of categories in, with the numbers of the gallery that is searched. Gradio runs this once, as the
// body of a function, and hands over
//   element  the panel's root, whose lists are empty at first
//   props    props.value is the newest content of the lists
//   watch    calls back when the server has changed a property

const lists = element.querySelector(".zs-lists");

/** What the visitor has opened stays open. */
function show() {
  const open = new Set([...lists.querySelectorAll("details[open]")].map(({ dataset }) => dataset.list));
  lists.innerHTML = props.value;
  for (const list of lists.querySelectorAll("details")) list.open = open.has(list.dataset.list);
}

show();
watch("value", show);
