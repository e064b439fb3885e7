// The photos that are shown as one picture, each with its rank, its title and its full credits, below the drawing.

import { isAway } from "./journey.js";

const [WIDTH, MARGIN, GAP] = [1600, 48, 24]; // pixels
const DRAWING = { width: 500, height: 400 };
const LARGEST = 480; // of a photo
const MOST_ACROSS = 5;
const [INK, SOFT, LINE, SPARK, PAPER] = ["#262a33", "#5c606a", "#dedad0", "#b8492c", "#fffefb"];
const font = (size, weight = 400) => `${weight} ${size}px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Arial, sans-serif`;
const TITLE = { font: font(20, 600), height: 26, colour: INK, most: 3 };
const CREDIT = { font: font(16), height: 21, colour: SOFT, most: 8 };

/** A canvas with what is shown on the page; `drawing` is a picture of the drawing. Null if no photo is shown. */
export async function resultPicture(drawing) {
  const photos = [...document.querySelectorAll("#zs-found .zs-photo[data-photo]")].map(({ dataset }) => ({ ...dataset }));
  if (!photos.length) return null;
  const heading = headingOf(photos.length);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const rows = Math.ceil(photos.length / MOST_ACROSS);
  const across = Math.ceil(photos.length / rows);
  const side = Math.min(LARGEST, (WIDTH - 2 * MARGIN - (across - 1) * GAP) / across);
  const cells = photos.map((photo, at) => ({ photo, at, texts: textsOf(context, photo, at + 1, side) }));
  const lines = Array.from({ length: rows }, (_, row) => cells.slice(row * across, (row + 1) * across));
  const top = MARGIN + (isAway() ? 60 : DRAWING.height) + 2 * GAP;
  const heights = lines.map((line) => side + Math.max(...line.map(({ texts }) => heightOf(texts))) + GAP);

  [canvas.width, canvas.height] = [WIDTH, Math.ceil(top + heights.reduce((sum, height) => sum + height, 0) + MARGIN - GAP)];
  context.fillStyle = PAPER;
  context.fillRect(0, 0, canvas.width, canvas.height);
  paintHead(context, heading, isAway() ? null : drawing);
  let y = top;
  for (const [row, line] of lines.entries()) {
    for (const [column, { photo, texts }] of line.entries()) {
      const x = MARGIN + column * (side + GAP);
      await paintPhoto(context, photo, x, y, side); // one after the other: only one is in memory
      write(context, texts, x, y + side + 8);
    }
    y += heights[row];
  }
  return canvas;
}

/** What was searched for, and where. */
function headingOf(count) {
  const beside = document.querySelector(".zs-reference:not([hidden]) img");
  const line = document.querySelector("#zs-found .zs-status").textContent;
  const found = `${count} ${count === 1 ? "photo" : "photos"} found with this drawing${beside ? ` and the photo “${beside.alt}”` : ""}`;
  return { title: isAway() ? line.replace(/ (Draw on|Keep drawing)[^.]*\.$/, "") : found, gallery: document.querySelector("#zs-gallery select").value };
}

function paintHead(context, { title, gallery }, drawing) {
  const left = drawing ? MARGIN + DRAWING.width + 2 * GAP : MARGIN;
  if (drawing) {
    context.drawImage(drawing, MARGIN, MARGIN, DRAWING.width, DRAWING.height);
    frame(context, MARGIN, MARGIN, DRAWING.width, DRAWING.height);
  }
  const texts = [
    { style: { font: font(32, 650), height: 42, colour: INK }, lines: wrapped(context, title, font(32, 650), WIDTH - MARGIN - left, 4) },
    { style: { font: font(20), height: 28, colour: SOFT }, lines: wrapped(context, `Gallery: ${gallery}`, font(20), WIDTH - MARGIN - left, 2) },
  ];
  write(context, texts, left, drawing ? MARGIN + (DRAWING.height - heightOf(texts)) / 2 : MARGIN);
}

// ---- Photos

async function paintPhoto(context, { url }, x, y, side) {
  context.fillStyle = "#fff";
  context.fillRect(x, y, side, side);
  const photo = new Image();
  photo.src = url;
  try {
    await photo.decode();
    const scale = Math.min(side / photo.naturalWidth, side / photo.naturalHeight);
    const [width, height] = [photo.naturalWidth * scale, photo.naturalHeight * scale];
    context.drawImage(photo, x + (side - width) / 2, y + (side - height) / 2, width, height);
  } catch {
    write(context, [{ style: CREDIT, lines: ["This photo could not be fetched."] }], x + 8, y + 8);
  }
  frame(context, x, y, side, side);
}

function frame(context, x, y, width, height) {
  context.strokeStyle = LINE;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}

/** What stands below a photo: its rank and title, its author, its licence and where it comes from. */
function textsOf(context, { title, author, licence, source }, rank, width) {
  const texts = [{ style: TITLE, rank, text: `${rank}  ${title}` }];
  for (const text of [author && `By ${author}`, licence, domainOf(source)]) if (text) texts.push({ style: CREDIT, text });
  return texts.map(({ style, text, ...rest }) => ({ ...rest, style, lines: wrapped(context, text, style.font, width, style.most) }));
}

/** The domain of the first address in a source; if it names none, what stands before the place within the source. */
function domainOf(source) {
  const address = /https?:\/\/[^\s<>"]+/.exec(source)?.[0];
  return address && URL.canParse(address) ? new URL(address).hostname : source.split(": ")[0];
}

// ---- Text

const heightOf = (texts) => texts.reduce((sum, { style, lines }) => sum + style.height * lines.length, 8);

function write(context, texts, x, y) {
  context.textBaseline = "top";
  for (const { style, lines, rank } of texts) {
    context.font = style.font;
    for (const [at, line] of lines.entries()) {
      const start = rank && at === 0 ? String(rank) : "";
      context.fillStyle = SPARK;
      context.fillText(start, x, y);
      context.fillStyle = style.colour;
      context.fillText(line.slice(start.length), x + context.measureText(start).width, y);
      y += style.height;
    }
  }
}

/** A text in lines no wider than there is room, broken at spaces, or within a word that is too long; at most so many. */
function wrapped(context, text, textFont, width, most) {
  context.font = textFont;
  const fits = (line) => context.measureText(line).width <= width;
  const lines = [""];
  for (const word of text.slice(0, 1_000).split(/(?<=\s)/)) {
    if (fits(lines.at(-1) + word.trimEnd())) lines[lines.length - 1] += word;
    else {
      if (lines.at(-1)) lines.push("");
      for (const letter of word) {
        if (!fits(lines.at(-1) + letter)) lines.push("");
        lines[lines.length - 1] += letter;
      }
    }
  }
  if (lines.length <= most) return lines;
  let last = lines[most - 1].trimEnd();
  while (!fits(`${last}…`)) last = last.slice(0, -1);
  return [...lines.slice(0, most - 1), `${last}…`];
}
