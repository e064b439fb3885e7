// Light or dark, as the visitor's system has it: the styles go by a class of the body. Runs before there is anything in the
// body, so that a dark page is dark at once.

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.body.classList.toggle("dark", dark.matches);
dark.addEventListener("change", follow);
follow();
