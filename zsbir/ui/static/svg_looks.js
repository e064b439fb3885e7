// How the elements of an SVG look: whether they are seen, stroked and filled, by attributes, styles and style sheets.

export const SVG = "http://www.w3.org/2000/svg";

const INHERITED = {
  fill: "black",
  "fill-opacity": "1",
  stroke: "none",
  "stroke-opacity": "1",
  "stroke-width": "1",
  visibility: "visible",
};
const OWN = { display: "inline", opacity: "1" };
const MOST_LETTERS = 100_000; // of style sheets, read before anything else is known of them
const MOST_RULES = 500;
const MOST_PARTS = 3; // of a selector

const reader = new CSSStyleSheet(); // of no page, as those below; its one rule is another one for each element
reader.insertRule("x {}");

/**
 * The rules of all style sheets in the file of an element, the weakest first; those that ask for more than the element
 * and what it is in are passed over, as a browser may take any time for them. Throws a RangeError if there is too much.
 */
export function styleRules(root) {
  const rules = [];
  const sheets = [...root.ownerDocument.querySelectorAll("style")].map(({ textContent }) => textContent);
  if (sheets.join("").length > MOST_LETTERS) throw new RangeError("too many styles");
  for (const textContent of sheets) {
    try {
      const sheet = new CSSStyleSheet(); // of no page: it fetches nothing
      sheet.replaceSync(textContent);
      rules.push(...sheet.cssRules);
    } catch {
      // A sheet that cannot be read says nothing.
    }
  }
  const weight = (selector) => (selector.includes("#") ? 2 : /[.[:]/.test(selector) ? 1 : 0);
  const plain = rules.filter((rule) => isPlain(rule.selectorText ?? "")).slice(0, MOST_RULES);
  return plain.sort((one, other) => weight(one.selectorText) - weight(other.selectorText));
}

function isPlain(selector) {
  const isShort = (one) => one.trim().split(/[\s>]+/).length <= MOST_PARTS;
  return selector !== "" && !/[~+(]/.test(selector) && selector.split(",").every(isShort);
}

/** The looks of an element whose parent has some looks itself. */
export function looksIn(rules, element, parent = { values: INHERITED }) {
  const matching = rules.filter((rule) => matches(element, rule.selectorText));
  const style = styleOf(element);
  const said = (name) =>
    style?.getPropertyValue(name) ||
    matching.findLast((rule) => rule.style.getPropertyValue(name))?.style.getPropertyValue(name) ||
    element.getAttribute(name)?.trim();
  const valuesOf = (defaults) =>
    Object.fromEntries(
      Object.entries(defaults).map(([name, value]) => {
        const own = said(name);
        return [name, own && own !== "inherit" ? own : value];
      }),
    );
  const values = valuesOf(parent.values);
  const own = valuesOf(OWN);
  const isPaint = (name) => !/^(none|transparent)$/.test(values[name]) && Number.parseFloat(values[`${name}-opacity`]) !== 0;
  const isVisible = values.visibility === "visible";
  const strokeWidth = lengthOf(values["stroke-width"]);
  return {
    values,
    isShown: own.display !== "none" && Number.parseFloat(own.opacity) !== 0, // with all that is in it
    isFilled: isVisible && isPaint("fill"),
    isStroked: isVisible && isPaint("stroke") && strokeWidth > 0,
    strokeWidth,
  };
}

/** What the `style` of an element says: read here, as a page whose policy forbids such attributes takes them for empty. */
function styleOf(element) {
  if (!element.hasAttribute("style")) return null;
  const { style } = reader.cssRules[0];
  style.cssText = element.getAttribute("style");
  return style;
}

function matches(element, selector) {
  try {
    return element.matches(selector);
  } catch {
    return false;
  }
}

/** A length of any unit in the file's own units. */
function lengthOf(text) {
  const length = document.createElementNS(SVG, "svg").createSVGLength();
  try {
    length.valueAsString = text;
    return length.value;
  } catch {
    return Number.parseFloat(text) || 1;
  }
}
