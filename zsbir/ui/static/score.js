/** A similarity for people: two places, and no zero below zero. */
export const scoreText = (score) => (Math.round(100 * score) / 100 || 0).toFixed(2);
