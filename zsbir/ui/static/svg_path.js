// The data of SVG paths, cut to pieces: a path may have several lines, and the leaps between them are no strokes; a corner
// stays one only where a piece ends; and a browser takes the longer to find a point of a path the more there is in it.

const COUNTS = { M: 2, L: 2, H: 1, V: 1, C: 6, S: 4, Q: 4, T: 2, A: 7, Z: 0 }; // numbers of each command
const COMMAND = /[\s,]*([MLHVCSQTAZ])/iy;
const NUMBER = /[\s,]*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/y;
const FLAG = /[\s,]*([01])/y; // may stand without a space before the next number
const FLAGS = [3, 4]; // which numbers of an arc are flags

const CURVES = { C: "C", S: "C", Q: "Q", T: "Q" }; // what they are when all their control points are written

/**
 * The lines of a path, each as the data of paths that follow each other, one for each command. Throws a RangeError if
 * there are more than `most` commands.
 */
export function linesOf(data, most) {
  const lines = [];
  let count = 0;
  let [x, y] = [0, 0];
  let start = [0, 0]; // of the line
  let last = { curve: "", control: [0, 0] }; // the command before, and if it was a curve, its last control point
  for (const [letter, numbers] of commandsOf(data)) {
    count += 1;
    if (count > most) throw new RangeError("too many commands");
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

/** Each command with its numbers, up to the first mistake: what may be written once for several is repeated. */
function* commandsOf(data) {
  let at = 0;
  // One after the other: a pattern for all numbers of a command would try in how many ways a row of digits can be cut.
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(data);
    if (found) at = pattern.lastIndex;
    return found?.[1];
  };
  const takeNumbers = (kind) => {
    const numbers = [];
    while (numbers.length < COUNTS[kind]) {
      const number = take(kind === "A" && FLAGS.includes(numbers.length) ? FLAG : NUMBER);
      if (number === undefined) return null;
      numbers.push(Number(number));
    }
    return numbers;
  };
  for (let letter = take(COMMAND); letter; letter = take(COMMAND)) {
    const kind = letter.toUpperCase();
    if (kind === "Z") yield [letter, []];
    let next = letter;
    for (let numbers = kind === "Z" ? null : takeNumbers(kind); numbers; numbers = takeNumbers(kind)) {
      yield [next, numbers];
      if (kind === "M") next = letter === "M" ? "L" : "l"; // only the first of them is a leap
    }
  }
}
