// The list of keys, by a button and by the key that most sites have for it.

import { onKeys } from "./keys.js";

const dialog = document.querySelector("#keys-dialog");

function open() {
  if (!dialog.open) dialog.showModal();
}

if (dialog) {
  onKeys({ "?": open });
  // The button is replaced when the job ends, so the document listens for it.
  document.addEventListener("click", (event) => {
    if (event.target.closest("#show-keys")) open();
    // Beside it is outside of it.
    if (event.target === dialog) dialog.close();
  });
}
