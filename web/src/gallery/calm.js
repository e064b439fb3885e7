// Calm: the photos shown stay while a drawing grows, until others are clearly better. calm.py says how and why.

/**
 * Which of some candidates to show, and in which order: places in `similarities`, which come best first. `shown` says
 * where in it the photos are that are shown now, in order; the margin is of worth, the square of a similarity.
 */
export function calmOrder(similarities, shown, count, margin) {
  const worth = similarities.map((similarity) => Math.max(similarity, 0) ** 2);
  const inside = [...shown].sort(ascending).slice(0, count);
  const others = [...worth.keys()].filter((place) => !inside.includes(place));
  const filled = others.slice(0, count - inside.length);
  const outside = others.slice(count - inside.length);
  const worst = [...inside].reverse();
  const better = outside.filter((place, at) => at < worst.length && worth[place] > worth[worst[at]] + margin).length;
  const staying = new Set(inside.slice(0, inside.length - better));
  const coming = [...filled, ...outside.slice(0, better)].sort(ascending);
  const kept = shown.map((place) => (staying.has(place) ? place : coming.shift()));
  return inOrder([...kept, ...coming].filter((place) => place !== undefined), worth, margin / 2);
}

const ascending = (one, other) => one - other;

/** Moves photos forward, past those whose worth is less by more than the margin, and no others. */
function inOrder(order, worth, margin) {
  for (let moved = true; moved; ) {
    moved = false;
    for (let at = 1; at < order.length; at += 1) {
      if (worth[order[at]] <= worth[order[at - 1]] + margin) continue;
      [order[at - 1], order[at]] = [order[at], order[at - 1]];
      moved = true;
    }
  }
  const best = Math.min(...order); // the best come first
  if (!order.length || worth[best] <= worth[order[0]] + margin) return order;
  return [best, ...order.filter((place) => place !== best)];
}
