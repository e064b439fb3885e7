// The data of SVG paths, cut to pieces: a path may have several lines, and the leaps between them are no strokes; a corner
// stays one only where a piece ends; and a browser takes the longer to find a point of a path the more there is in it.

const COUNTS = { M: 2, L: 2, H: 1, V: 1, C: 6, S: 4, Q: 4, T: 2, A: 7, Z: 0 }; // numbers of each command
const NUMBER = String.raw`[\s,]*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)`;
const FLAG = String.raw`[\s,]*([01])`; // may stand without a space before the next number

const CURVES = { C: "C", S: "C", Q: "Q", T: "Q" }; // what they are when all their control points are written

/** The lines of a path, each as the data of paths that follow each other, one for each command. */
export function linesOf(data) {
  const lines = [];
  let [x, y] = [0, 0];
  let start = [0, 0]; // of the line
  let last = { curve: "", control: [0, 0] }; // the command before, and if it was a curve, its last control point
  for (const [letter, numbers] of commandsOf(data)) {
    const kind = letter.toUpperCase();
    const from = [x, y];
    const [left, top] = letter === kind ? [0, 0] : from;
    if (kind === "Z") [x, y] = start;
    else {
      if (kind !== "V") x = left + numbers.at(kind === "H" ? 0 : -2);
      if (kind !== "H") y = top + numbers.at(-1);
    }
    if (kind === "M") {
      start = [x, y];
      lines.push([]);
    } else if (!lines.length) break; // a path that does not begin with a place is none
    const curve = CURVES[kind] ?? "";
    const absolute = curve ? numbers.map((number, at) => number + (at % 2 ? top : left)) : [];
    // A smooth curve begins with the control point before it, mirrored, and is written with that.
    const mirrored = () => (last.curve === curve ? from.map((place, at) => 2 * place - last.control[at]) : from);
    if ("ST".includes(kind)) absolute.unshift(...mirrored());
    last = { curve, control: absolute.slice(-4, -2) };
    if (kind === "M") continue;
    const itself = curve ? `${curve}${absolute.join(" ")}` : kind === "Z" ? `L${x} ${y}` : `${letter}${numbers.join(" ")}`;
    lines.at(-1).push(`M${from.join(" ")}${itself}`);
  }
  return lines.filter((pieces) => pieces.length);
}

/** Each command with its numbers: what may be written once for several is repeated. */
function* commandsOf(data) {
  for (const [, letter, rest] of data.matchAll(/([MLHVCSQTAZ])([^MLHVCSQTAZ]*)/gi)) {
    const kind = letter.toUpperCase();
    if (kind === "Z") yield [letter, []];
    let next = letter;
    for (const [, ...numbers] of rest.matchAll(PATTERNS[kind])) {
      yield [next, numbers.map(Number)];
      if (kind === "M") next = letter === "M" ? "L" : "l"; // only the first of them is a leap
    }
  }
}

const PATTERNS = Object.fromEntries(
  Object.entries(COUNTS).map(([kind, count]) => {
    const numbers = kind === "A" ? NUMBER.repeat(3) + FLAG.repeat(2) + NUMBER.repeat(2) : NUMBER.repeat(count);
    return [kind, new RegExp(count ? numbers : "$^", "g")];
  }),
);
