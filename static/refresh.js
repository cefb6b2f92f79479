// Show what the server shows now, without loading the page anew: focus and scrolling stay.

import { localise } from "./times.js";

const parts = () => document.querySelectorAll("[data-live]");

// Each part as the server sent it last. What was written into one since then is somebody's work.
const sent = new Map();
for (const part of parts()) sent.set(part.id, part.cloneNode(true));

// What somebody has opened stays open.
function keepOpen(before, after) {
  for (const details of before.querySelectorAll("details[id][open]")) {
    const same = after.querySelector(`#${CSS.escape(details.id)}`);
    if (same) same.open = true;
  }
}

// What had the focus has it again, or what comes first in its place.
function focusIn(after, focused) {
  const owner = focused.closest("details[id]");
  const same = owner && after.querySelector(`#${CSS.escape(owner.id)} > summary`);
  const link = after.querySelector(`a[href="${CSS.escape(focused.getAttribute("href") ?? "")}"]`);
  (same ?? link ?? after.querySelector("a, button, summary"))?.focus();
}

// Replace each part of the page that is marked data-live, where the server sends another, but for
// one that just asks somebody whether they mean it. Says whether the server has answered.
export async function refresh() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (response.status === 404 || response.redirected) location.reload();
  if (!response.ok) return false;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  localise(page);
  for (const before of parts()) {
    const after = page.getElementById(before.id);
    if (!after || before.querySelector("[data-asks][open]")) continue;
    if (after.isEqualNode(sent.get(before.id))) continue;
    sent.set(before.id, after.cloneNode(true));
    keepOpen(before, after);
    const focused = before.contains(document.activeElement) ? document.activeElement : null;
    before.replaceWith(document.adoptNode(after));
    if (focused) focusIn(after, focused);
  }
  return true;
}
