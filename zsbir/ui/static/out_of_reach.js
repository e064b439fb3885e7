// What is said while the server does not answer: that it is slow, or gone.

import { isReachable } from "./reach.js";
import { waitedFor } from "./search.js";
import { LOOKOUT_MS } from "./waiting.js";

const PATIENCE_MS = 5_000; // after so long, and again, the visitor is told

/** One sentence on the question that is on its way; empty as long as there is nothing to say. */
export async function excuseOfServer() {
  const isLost = waitedFor() >= LOOKOUT_MS && !(await isReachable("gradio_api/app_id"));
  const waited = waitedFor();
  if (isLost && waited > 0) return "The server cannot be reached. Your drawing is kept here; still trying …";
  const seconds = (Math.floor(waited / PATIENCE_MS) * PATIENCE_MS) / 1000;
  return seconds > 0 ? `The server has not answered for ${seconds} s; still waiting …` : "";
}
