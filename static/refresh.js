// Show what the server shows now, without loading the page anew: focus and scrolling stay.

import { localise } from "./times.js";

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

// Replace each part of the page that is marked data-live, where the server's has changed, but for
// one that just asks somebody whether they mean it. Says whether the server has answered.
export async function refresh() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (response.status === 404 || response.redirected) location.reload();
  if (!response.ok) return false;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  localise(page);
  for (const before of document.querySelectorAll("[data-live]")) {
    const after = page.getElementById(before.id);
    if (!after || before.querySelector("[data-asks][open]")) continue;
    keepOpen(before, after);
    if (after.isEqualNode(before)) continue;
    const focused = before.contains(document.activeElement) ? document.activeElement : null;
    before.replaceWith(document.adoptNode(after));
    if (focused) focusIn(after, focused);
  }
  return true;
}
