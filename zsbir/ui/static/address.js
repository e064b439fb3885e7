// What the fragment of an address says: a drawing (link.js), and the names of the gallery and the encoder it was found with.
// Browsers keep fragments to themselves, so that no server sees them.

/** The fragment of a drawing's text; names that are empty are left out. */
export function fragmentOf(drawing, { gallery, encoder }) {
  return new URLSearchParams({ drawing, ...(gallery && { gallery }), ...(encoder && { encoder }) }).toString();
}

/** What the address says now: all three, empty where it says nothing. */
export function addressed() {
  const said = new URLSearchParams(location.hash.slice(1));
  const [drawing, gallery, encoder] = ["drawing", "gallery", "encoder"].map((name) => said.get(name) ?? "");
  return { drawing, gallery, encoder };
}
