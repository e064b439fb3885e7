// Drawings as files: saved as PNG, SVG and Quick, Draw! JSON, and opened again. A saved SVG carries its strokes.

const MAX_UPLOAD_BYTES = 20_000_000; // query.py has the same limit
const MAX_POINTS = 50_000; // drawing.py has the same limit
const QUICKDRAW_SIDE = 255; // its coordinates go from 0 to this
const SVG = "http://www.w3.org/2000/svg";

/** A picture with as much paper as the page. */
function asPicture(paper, ink) {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [WIDTH, HEIGHT];
  paint(copy, ink);
  const context = copy.getContext("2d");
  context.resetTransform();
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = paper;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  return copy;
}

function asStrokes() {
  return JSON.stringify({ width: WIDTH, height: HEIGHT, strokes: page.strokes });
}

function asSvg() {
  const paths = page.strokes.flatMap(widthsOf).map(
    ({ width, points }) => `<path d="${pathThrough(points)}" stroke-width="${width}"/>`,
  );
  return `<svg xmlns="${SVG}" viewBox="0 0 ${WIDTH} ${HEIGHT}" fill="none" stroke="#000" stroke-linecap="round" stroke-linejoin="round"><metadata>${asStrokes()}</metadata>${paths.join("")}</svg>\n`;
}

/** Quick, Draw!'s simplified format: moved to the corner, the longer side from 0 to 255, one object a line. */
function asQuickDraw() {
  const xs = page.strokes.flatMap(({ points }) => points.map(([x]) => x));
  const ys = page.strokes.flatMap(({ points }) => points.map(([, y]) => y));
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const scale = QUICKDRAW_SIDE / Math.max(Math.max(...xs) - left, Math.max(...ys) - top, 1);
  const drawing = page.strokes.map(({ points }) => [
    points.map(([x]) => Math.round((x - left) * scale)),
    points.map(([, y]) => Math.round((y - top) * scale)),
  ]);
  return `${JSON.stringify({ word: "drawing", drawing })}\n`;
}

async function save(format) {
  if (isBlank()) {
    say("There is nothing to save yet; draw something first.");
    return;
  }
  if (page.picture && format !== "png") {
    say("An opened picture has no strokes to save; save it as PNG, or clear and draw.");
    return;
  }
  const file = {
    png: () => new Promise((done) => asPicture("#fff", "#000").toBlob(done, "image/png")),
    svg: () => new Blob([asSvg()], { type: "image/svg+xml" }),
    ndjson: () => new Blob([asQuickDraw()], { type: "application/x-ndjson" }),
  };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await file[format]());
  link.download = `drawing.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The strokes in the text of a file; throws if there are none. */
function strokesIn(name, text) {
  if (/\.svg$/i.test(name)) {
    const carried = new DOMParser().parseFromString(text, "image/svg+xml").querySelector("metadata");
    return checked(JSON.parse(carried.textContent).strokes);
  }
  const value = JSON.parse(text.trim().split("\n")[0]);
  if (!value.drawing) return checked(value.strokes);
  const scale = (0.9 * HEIGHT) / QUICKDRAW_SIDE;
  return checked(
    value.drawing.map(([xs, ys]) => ({
      width: 16,
      points: xs.map((x, at) => [(WIDTH - 0.9 * HEIGHT) / 2 + x * scale, 0.05 * HEIGHT + ys[at] * scale]),
    })),
  );
}

function checked(strokes) {
  const isPoint = (point) => (point.length === 2 || point.length === 3) && point.every(Number.isFinite);
  const isStroke = ({ width, points }) => width > 0 && width <= WIDTH && points.length > 0 && points.every(isPoint);
  const points = strokes.reduce((sum, stroke) => sum + stroke.points.length, 0);
  if (!strokes.length || points > MAX_POINTS || !strokes.every(isStroke)) throw new Error("no drawing");
  return strokes.map(({ width, points }) => ({ width, points }));
}

/** Opens a saved drawing here; any other picture the server turns into ink on transparent paper, or says why not. */
async function open(file) {
  if (!file) return;
  if (file.size > MAX_UPLOAD_BYTES) {
    say(`Expected a file of at most ${MAX_UPLOAD_BYTES / 1e6} MB, found ${file.name} with more; make it smaller first.`);
    return;
  }
  const asked = ++revision;
  say("Reading the file …");
  const opened = /\.(nd)?json$|\.svg$/i.test(file.name) ? await openDrawing(file) : await openPicture(file);
  if (revision !== asked) return; // something newer is on the page by now
  if (opened.error) {
    say(opened.error);
    return;
  }
  turnTo({ ...BLANK, ...opened });
  send();
}

async function openDrawing(file) {
  try {
    return { strokes: strokesIn(file.name, await file.text()) };
  } catch {
    return { error: `Expected a drawing saved here or one of Quick, Draw!, found something else in ${file.name}.` };
  }
}

async function openPicture(file) {
  try {
    const answer = await server.read_picture(await dataUrl(file));
    if (!answer.picture) return { error: answer.error ?? "The picture could not be read; try another." };
    const picture = new Image();
    picture.src = answer.picture;
    await picture.decode();
    return { picture };
  } catch {
    return { error: "The picture could not be sent; try again." };
  }
}

function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
