// The drawing is kept in the tab, so that it is there again after a reload, or when a server that was gone is back.
// Third of the files that make the drawing area (see canvas.js).

const KEPT = "zs-drawing";

function keep() {
  const kept = { strokes: page.strokes, rubbed: page.rubbed, picture: page.picture?.src };
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // No room, or storing is forbidden here: then a reload starts with a blank page.
  }
}

async function bringBack() {
  const asked = revision;
  let next;
  try {
    next = await unpacked(JSON.parse(sessionStorage.getItem(KEPT)));
  } catch {
    return; // nothing was kept, or nothing that can be read
  }
  if (isBlank() && revision === asked && (next.strokes.length || next.picture)) {
    replacePage(next);
    send();
  }
}

async function unpacked({ strokes, rubbed, picture }) {
  const next = { strokes: strokes.length ? checked(strokes) : [], rubbed, picture: null };
  if (!picture) return next;
  next.picture = new Image();
  next.picture.src = picture;
  await next.picture.decode();
  return next;
}
