// A copy of an SVG that holds nothing but shapes: no scripts, no addresses, no styles, nothing that is not seen. The
// browser measures the copy; what it was made from stays in a document that is never shown and never runs.

import { linesOf } from "./svg_path.js";
import { SVG, looksIn, styleRules } from "./svg_looks.js";

// What is bounded, is so before it is worked on: a file of 20 MB may hold up the page for minutes.
const MOST_LETTERS = 5_000_000; // besides pictures
const MOST_TAGS = 100_000;
const MOST_ATTRIBUTES = 400_000;
const MOST_LENIENT = 2_000; // tags that are read as html
const MOST_ELEMENTS = 30_000; // and pieces of paths
const MOST_MATCHED = 20_000_000; // letters of selectors that elements are compared with
const DEEPEST = 64; // also ends a `use` of itself
const PICTURE = /data:[\w/+.;=-]*,[\w+/=%\s]*/g;

const FRAME = ["x", "y", "width", "height", "viewBox", "preserveAspectRatio"];
const GROUPS = { svg: FRAME, symbol: FRAME, g: [], a: [], switch: [], use: [] };
const SHAPES = {
  path: ["d"],
  line: ["x1", "y1", "x2", "y2"],
  polyline: ["points"],
  polygon: ["points"],
  rect: ["x", "y", "width", "height", "rx", "ry"],
  circle: ["cx", "cy", "r"],
  ellipse: ["cx", "cy", "rx", "ry"],
};
const LEFT_OUT = { text: "text", image: "pictures", foreignObject: "text" };

/**
 * The outermost `svg` of a text, in a document of its own; null if there is none. It may lack its namespace. Throws a
 * RangeError if there is too much.
 */
export function parsed(text) {
  const written = text.replace(PICTURE, "data:,");
  const isTooMuch = written.length > MOST_LETTERS || hasMore(written, "<", MOST_TAGS) || hasMore(written, "=", MOST_ATTRIBUTES);
  if (isTooMuch) throw new RangeError("too much");
  for (const type of ["image/svg+xml", "text/html"]) {
    if (type === "text/html" && hasMore(written, "<", MOST_LENIENT)) return null; // html may repeat what was written once
    const document = new DOMParser().parseFromString(written, type);
    const root = document.getElementsByTagNameNS(SVG, "svg")[0];
    if (root && !document.querySelector("parsererror")) return root;
  }
  return null;
}

/** Whether there are more than so many of a mark. */
function hasMore(text, mark, most) {
  let count = 0;
  for (let at = text.indexOf(mark); at >= 0 && count <= most; at = text.indexOf(mark, at + 1)) count += 1;
  return count > most;
}

/**
 * Copies the shapes that are seen.
 *
 * Returns `svg`, the copy; `shapes`, each with its `elements` in it and its stroke's `width` in its own units, null
 * where it is only filled; and `leftOut`, what else there was, in words. Throws a RangeError if there is too much.
 */
export function copyOf(root) {
  const rules = styleRules(root);
  const letters = rules.reduce((sum, { selectorText }) => sum + selectorText.length, 0);
  const copying = { root, rules, letters, shapes: [], leftOut: new Set(), count: 0, matched: 0 };
  const svg = fresh("svg", root, ["viewBox"]);
  const [width, height] = ["width", "height"].map((name) => Number.parseFloat(root.getAttribute(name)));
  if (!root.hasAttribute("viewBox") && width > 0 && height > 0) svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copyInside(copying, svg, root, looksOf(copying, root), 0);
  return { svg, shapes: copying.shapes, leftOut: [...copying.leftOut] };
}

function looksOf(copying, element, parent) {
  copying.matched += copying.letters;
  if (copying.matched > MOST_MATCHED) throw new RangeError("too many rules for as many elements");
  return looksIn(copying.rules, element, parent);
}

function copyInside(copying, copy, source, looks, depth) {
  if (!looks.isShown || depth > DEEPEST) return;
  // Of what a `switch` offers the first counts that any program can show.
  const one = source.localName === "switch" && [...source.children].find(({ localName }) => localName !== "foreignObject");
  for (const child of one ? [one] : source.children) {
    if (child.namespaceURI === SVG) copyElement(copying, copy, child, looksOf(copying, child, looks), depth + 1);
  }
}

function copyElement(copying, parent, source, looks, depth) {
  copying.count += 1;
  if (copying.count > MOST_ELEMENTS) throw new RangeError("too many elements");
  const name = source.localName;
  if (!looks.isShown) return;
  if (name in LEFT_OUT) copying.leftOut.add(LEFT_OUT[name]);
  else if (name in SHAPES) copyShape(copying, parent, source, looks);
  else if (name === "use") copyUse(copying, parent, source, looks, depth);
  else if (name in GROUPS && name !== "symbol") {
    const group = fresh(name === "svg" ? "svg" : "g", source, [...GROUPS[name], "transform"]);
    parent.append(group);
    copyInside(copying, group, source, looks, depth);
  }
}

/** What a `use` points to, if that is in the same file. */
function copyUse(copying, parent, source, looks, depth) {
  const address = source.getAttribute("href") ?? source.getAttributeNS("http://www.w3.org/1999/xlink", "href") ?? "";
  const target = address.startsWith("#") && copying.root.ownerDocument.getElementById(address.slice(1));
  if (!target || depth > DEEPEST) return;
  const group = fresh("g", source, ["transform"]);
  const moved = fresh("g");
  const [x, y] = ["x", "y"].map((name) => Number.parseFloat(source.getAttribute(name)) || 0);
  moved.setAttribute("transform", `translate(${x} ${y})`);
  group.append(moved);
  parent.append(group);
  const own = looksOf(copying, target, looks);
  if (target.localName !== "symbol") copyElement(copying, moved, target, own, depth + 1);
  else {
    const frame = fresh("svg", target, FRAME);
    for (const side of ["width", "height"].filter((one) => source.hasAttribute(one))) {
      frame.setAttribute(side, source.getAttribute(side));
    }
    moved.append(frame);
    copyInside(copying, frame, target, own, depth + 1);
  }
}

function copyShape(copying, parent, source, looks) {
  if (!looks.isStroked && !looks.isFilled) return;
  const whole = fresh(source.localName, source, [...SHAPES[source.localName], "transform"]);
  for (const elements of strokesOf(whole, MOST_ELEMENTS - copying.count)) {
    copying.count += elements.length;
    parent.append(...elements);
    copying.shapes.push({ elements, width: looks.isStroked ? looks.strokeWidth : null });
  }
}

/** The elements of each stroke of a shape: one, or at most so many pieces of a path that follow each other. */
function strokesOf(shape, most) {
  const data = {
    path: () => shape.getAttribute("d"),
    polyline: () => `M${shape.getAttribute("points")}`,
    polygon: () => `M${shape.getAttribute("points")}Z`,
  }[shape.localName];
  if (!data) return [[shape]];
  const path = fresh("path", shape, ["transform"]);
  return linesOf(data() ?? "", most).map((pieces) =>
    pieces.map((piece) => {
      const it = path.cloneNode();
      it.setAttribute("d", piece);
      return it;
    }),
  );
}

/** A new element with some of the attributes of another. */
function fresh(name, source = null, attributes = []) {
  const it = document.createElementNS(SVG, name);
  for (const attribute of attributes.filter((one) => source.hasAttribute(one))) {
    it.setAttribute(attribute, source.getAttribute(attribute));
  }
  return it;
}
