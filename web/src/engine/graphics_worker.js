// The worker of the graphics processor. Messages are { id, graph, data }, answered by the number of a session, and
// { id, session, pixels, dims }, answered by embeddings; the ones back are { id, answer }, which is null if that failed.

import { openBuild } from "./runtime.js";
import { openSession } from "./session.js";

const sessions = [];
let last = Promise.resolve(); // one after the other: the runtime takes no second one

self.addEventListener("message", ({ data: { id, ...asked } }) => {
  last = last.then(async () => {
    const answer = await (asked.graph ? open(asked) : sessions[asked.session](asked.pixels, asked.dims)).catch(() => null);
    self.postMessage({ id, answer });
  });
});

let runtime = null;

async function open({ graph, data }) {
  runtime ??= await openBuild(true, 1);
  return sessions.push(await openSession(runtime, graph, data, "webgpu")) - 1;
}
