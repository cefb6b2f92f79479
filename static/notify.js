// Tell in the browser when a job has ended that somebody waits for. Nobody is asked whether that is
// allowed before they press the button, and the browser keeps what they have chosen.

import { says } from "./says.js";

const KEY = "notify";
const box = document.querySelector("[data-notify]");
const button = box?.querySelector("button");
const canTell = "Notification" in window && window.isSecureContext;

export const isWanted = () => canTell && Notification.permission === "granted" && localStorage.getItem(KEY) === "on";

function show(words = "") {
  button.setAttribute("aria-pressed", isWanted());
  box.querySelector("p").textContent = words;
}

async function toggle() {
  if (isWanted()) {
    localStorage.removeItem(KEY);
    return show(says("notifyOff"));
  }
  if ((await Notification.requestPermission()) !== "granted") return show(says("notifyDenied"));
  localStorage.setItem(KEY, "on");
  show(says("notifyOn"));
}

// Say that a job has ended, to whoever wants to hear that. Twice of the same job is once.
export function notify(title, words, job) {
  if (!isWanted()) return;
  try {
    const told = new Notification(says("notified", { title, words }), { tag: `job-${job}` });
    told.addEventListener("click", () => window.focus());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    stopOffering(); // Browsers of phones let no page do that.
  }
}

// Nothing is left to wait for.
export function stopOffering() {
  if (box) box.hidden = true;
}

if (box && canTell) {
  box.hidden = false;
  button.addEventListener("click", toggle);
  show(isWanted() ? says("notifyOn") : "");
}
