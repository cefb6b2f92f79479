// Show what the server shows now, without loading the page anew: focus and scrolling stay.

import { localise } from "./times.js";

// Replace each part of the page that is marked data-live, where the server's has changed.
export async function refresh() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (response.status === 404) location.reload();
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  localise(page);
  for (const before of document.querySelectorAll("[data-live]")) {
    const after = page.getElementById(before.id);
    if (!after || after.isEqualNode(before)) continue;
    const hadFocus = before.contains(document.activeElement);
    before.replaceWith(document.adoptNode(after));
    if (hadFocus) after.querySelector("a, button, summary")?.focus();
  }
}
