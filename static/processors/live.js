// Show how processors stand as it changes. Without this script a link loads the page again.

import { localise } from "../times.js";

const box = document.querySelector("[data-events]");

// What tells an element apart from its likes, for who was there before it was made anew.
function sameIn(part, before) {
  const form = before.closest("form");
  const like = form ? `form[action="${form.getAttribute("action")}"] button` : `a[href="${before.getAttribute("href")}"]`;
  return part.querySelector(like) ?? part.querySelector("button, a");
}

function show(part, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  localise(fresh.content);
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  part.replaceChildren(fresh.content);
  if (focused) sameIn(part, focused)?.focus();
}

function follow() {
  const source = new EventSource(box.dataset.events);
  const shown = new Map();

  source.addEventListener("parts", (event) => {
    for (const [id, html] of Object.entries(JSON.parse(event.data))) {
      const part = document.getElementById(id);
      // Another processor was added, or one is gone.
      if (!part || (id === "names" && part.textContent !== html)) return location.reload();
      if (id !== "names" && shown.get(id) !== html) show(part, html);
      shown.set(id, html);
    }
  });

  source.addEventListener("gone", () => {
    source.close();
    location.reload();
  });

  // A lost connection comes back by itself; one that was refused does not.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 5000);
  });
}

if (box) follow();
