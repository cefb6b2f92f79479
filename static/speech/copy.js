// Put a link where it can be pasted. Without this script it is marked and copied by hand.

import { says } from "../says.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  let words = says("copied");
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    words = says("notCopied");
  }
  document.querySelector("#copied").textContent = words;
});
