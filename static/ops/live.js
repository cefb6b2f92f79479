// Keep the overview up to date. Without this script a link loads the page again.

import { refresh } from "../refresh.js";

const EVERY_MS = 5000;
const stale = document.querySelector("#stale");

let timer = 0;

async function update() {
  clearTimeout(timer);
  // A page that nobody sees need not be up to date.
  if (!document.hidden) stale.hidden = await refresh().catch(() => false);
  timer = setTimeout(update, EVERY_MS);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) update();
});
timer = setTimeout(update, EVERY_MS);
