// Keep a list of jobs up to date while something on it moves. Without this script, load it again.

import { refresh } from "../refresh.js";

const EVERY_MS = 3000;

async function update() {
  // A page that nobody sees need not be up to date.
  if (!document.hidden) await refresh().catch(() => {});
  waitForNext();
}

function waitForNext() {
  if (document.querySelector("[data-moving]")) setTimeout(update, EVERY_MS);
}

waitForNext();
