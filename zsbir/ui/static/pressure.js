// How hard a pen presses, and a switch for those who draw better without: shown once a device was seen that says it.

const KEPT = "zs-pressure"; // "on" or "off", once there is something to switch
const UNSAID = [0, 0.5]; // what devices without pressure report, with no button down and with one

/** Wires the switch; returns what an event adds to its point: the pressure, or nothing. */
export function followPressure(part) {
  const box = part.querySelector("input");
  let isSeen = false;

  function see() {
    isSeen = true;
    part.hidden = false;
  }

  const before = read();
  if (before !== null) {
    box.checked = before === "on";
    see();
  }
  box.addEventListener("change", write);

  /** Whether the event says how hard it presses; some pens say that they are a mouse, and do. */
  function tells({ pointerType, pressure }) {
    return pointerType === "pen" || (pointerType === "mouse" && !UNSAID.includes(pressure));
  }

  function write() {
    try {
      localStorage.setItem(KEPT, box.checked ? "on" : "off");
    } catch {
      // Storing is forbidden: then it holds for this page.
    }
  }

  return (event) => {
    if (!tells(event)) return [];
    if (!isSeen && !UNSAID.includes(event.pressure)) {
      see();
      write();
    }
    return box.checked ? [event.pressure] : [];
  };
}

function read() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
