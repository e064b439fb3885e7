// The page: finished strokes, over a picture if one was opened, and its history. Pages are never changed but replaced,
// so that undo can bring the old one back. The stroke under the pen is not on it yet (see canvas.js).

// `rubbed` are the ways of the eraser over the picture: strokes are cut, a picture is not.
export const BLANK = { strokes: [], picture: null, rubbed: [] };

/** A page with its history; `changed` is called after every replacement. */
export function makePage(changed) {
  const history = { earlier: [], later: [] };
  let page = BLANK;
  let revision = 0; // rises with every replacement

  function replace(next) {
    page = next;
    revision += 1;
    changed();
  }

  function step(from, to) {
    if (from.length === 0) return false;
    to.push(page);
    replace(from.pop());
    return true;
  }

  return {
    get now() {
      return page;
    },
    get revision() {
      return revision;
    },
    get isBlank() {
      return page.strokes.length === 0 && page.picture === null;
    },
    get canUndo() {
      return history.earlier.length > 0;
    },
    get canRedo() {
      return history.later.length > 0;
    },
    /** For what takes a while to come: whoever finds another `revision` later has been overtaken. */
    claim() {
      revision += 1;
      return revision;
    },
    replace,
    /** Shows another page; what was shown before can be had back with undo. Returns how to unmake it without a trace. */
    turnTo(next) {
      const [before, later] = [page, [...history.later]];
      history.earlier.push(page);
      history.later.length = 0;
      replace(next);
      return () => {
        history.earlier.pop();
        history.later.push(...later);
        replace(before);
      };
    },
    /** One step back; returns whether there was one. */
    undo: () => step(history.earlier, history.later),
    redo: () => step(history.later, history.earlier),
  };
}
