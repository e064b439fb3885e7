// Light or dark, as the visitor's system has it: the styles go by a class of the body.

/** Keeps the class as the system changes. */
export function followTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.body.classList.toggle("dark", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}
