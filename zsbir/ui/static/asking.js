// Asks the server what is found, in a worker of its own, so that nothing of it holds up the pen. One question at a time:
// its message is a question, the message back `{ answer }`, or `{ lost }` if none came.

const TOO_LONG = 413; // the one refusal that comes with an answer for the visitor: asked again it would be the same

self.addEventListener("message", async ({ data: { address, question } }) => {
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(question),
    });
    if (!response.ok && response.status !== TOO_LONG) throw new Error(`The server answered with ${response.status}.`);
    self.postMessage({ answer: await response.json() });
  } catch (error) {
    self.postMessage({ lost: error.message });
  }
});
