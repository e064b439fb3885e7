// Puts the page together from the html of the parts that zsbir/ui has: a plugin of Vite.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const SHARED = ["canvas", "filters", "results", "photo_count", "map", "categories"]; // the html of components
const DRAWINGS = ["examples.json", "surprises.json"]; // fetched beside the scripts, see examples.js
const FIRST = ["favicon.svg", "static/first_lines.js"]; // what the page asks for before it has its scripts
const AT_THE_TOP = ["service_worker.js", "unstarted.js", "theme.js", "manifest.webmanifest"]; // of the site, under these names
const STYLES = "virtual:styles";

/** `props` are what the html of each component wants to know, by their names; `ui` is the folder zsbir/ui. */
export function composed(ui, props) {
  const read = (name) => readFileSync(resolve(ui, name), "utf-8");
  const [, links, header] = /^((?:<link [^>]*>\s*)*)([^]*)$/.exec(read("header.html"));
  const styles = [...links.matchAll(/href="zsbir\/([^"]+)"/g)].map(([, file]) => resolve(ui, "static", file));
  const parts = new Map([
    ["header", header],
    ...SHARED.map((name) => [name, filled(read(`${name}.html`), props[name] ?? {})]),
  ]);

  return {
    name: "composed",
    resolveId: (id) => (id === STYLES ? `\0${STYLES}` : null),
    load: (id) => (id === `\0${STYLES}` ? styles.map((file) => `import ${JSON.stringify(file)};`).join("\n") : null),
    buildStart() {
      for (const name of DRAWINGS) {
        this.emitFile({ type: "asset", fileName: `assets/${name}`, source: read(`static/${name}`) });
      }
      for (const file of FIRST) {
        this.emitFile({ type: "asset", fileName: file.split("/").at(-1), source: read(file) });
      }
      for (const name of AT_THE_TOP) {
        this.emitFile({ type: "asset", fileName: name, source: readFileSync(resolve(import.meta.dirname, "src", name), "utf-8") });
      }
    },
    transformIndexHtml: {
      order: "pre",
      handler: (html) => html.replace(/<!-- (\w+) -->/g, (comment, name) => parts.get(name) ?? comment),
    },
  };
}

/** The html of a component as Gradio fills it: it is a template string of JavaScript. */
function filled(html, values) {
  return new Function(...Object.keys(values), `return \`${html}\`;`)(...Object.values(values));
}
