// Keep a list of jobs up to date while something on it moves. Without this script, load it again.

import { isWanted, notify, stopOffering } from "../notify.js";
import { refresh } from "../refresh.js";

const EVERY_MS = 3000;

const moving = () => [...document.querySelectorAll("[data-moving]")].map((one) => one.id);

// Of those that moved, say which have ended.
function tellEnded(before) {
  for (const id of before) {
    const row = document.getElementById(id);
    if (!row || row.hasAttribute("data-moving")) continue;
    const title = row.closest("li, tr").querySelector("a").textContent;
    notify(title, row.textContent.trim(), id);
  }
}

async function update() {
  const before = moving();
  // A page that nobody sees need not be up to date, unless somebody wants to hear of it.
  if (!document.hidden || isWanted()) {
    await refresh().catch(() => {});
    tellEnded(before);
  }
  waitForNext();
}

function waitForNext() {
  if (moving().length) setTimeout(update, EVERY_MS);
  else stopOffering();
}

waitForNext();
