// The worker beside the one that searches: it works out what takes seconds of a whole gallery. One message asks, { kind, asked };
// back come { share }, how much of it is done, and in the end { answer }.

import { mapOf } from "../gallery/map.js";
import { unlikeOf } from "../gallery/unlike.js";

const KINDS = { map: mapOf, unlike: unlikeOf };

self.addEventListener("message", ({ data: { kind, asked } }) => {
  const answer = KINDS[kind](asked, (share) => self.postMessage({ share }));
  self.postMessage({ answer });
});
