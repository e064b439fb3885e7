// Whether whoever serves this page answers: what does not come may be gone, or all of the network.

const PATIENCE_MS = 2_500;

/** Whether an address is answered, with whatever; also where that takes long, as who is busy is there. */
export async function isReachable(address) {
  if (new URL(address, document.baseURI).protocol === "blob:") return true; // it lies in this browser
  try {
    const response = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    response.body?.cancel();
    return response.status < 500; // above, a proxy has nobody behind it
  } catch (error) {
    return error.name === "TimeoutError";
  }
}
