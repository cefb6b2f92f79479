// Show or hide the paragraphs' times at once; the server reads the cookie. Without this script a
// link does it.

const YEAR = 365 * 86400;

// The switch is replaced when the job ends, so the document listens for it.
document.addEventListener("change", (event) => {
  if (event.target.id !== "times") return;
  const isOn = event.target.checked;
  const folder = new URL(".", location).pathname;
  document.cookie = `times=${isOn ? "on" : "off"}; path=${folder}; max-age=${YEAR}; samesite=lax`;
  document.querySelector("#transcript").classList.toggle("without-times", !isOn);
  const download = document.querySelector("[data-follows-times]");
  download.search = isOn ? "?times=1" : "";
  // What the address says of times is over.
  const address = new URL(location);
  address.searchParams.delete("times");
  history.replaceState(null, "", address);
});
