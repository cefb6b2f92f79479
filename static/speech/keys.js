// Keys of one letter, wherever nothing is being typed. Whoever speaks to their computer, or touches
// keys unawares, turns them off; the browser remembers it.

import { kept } from "../kept.js";

const box = document.querySelector("#keys");

// Call what belongs to a key, by its name, each time it is pressed.
export function onKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || box?.checked === false) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, audio, dialog, [contenteditable]")) return;
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });
}

if (box) {
  box.checked = kept((storage) => storage.getItem("keys")) !== "off";
  box.addEventListener("change", () => kept((storage) => storage.setItem("keys", box.checked ? "on" : "off")));
}
