// Keep the player and the transcript in step. Without this script a time opens the recording there.

const player = document.querySelector("#player");
document.querySelector("#player-help").hidden = false;

function goTo(element) {
  player.currentTime = Number(element.dataset.at);
  player.play().catch(() => {});
}

// The transcript is replaced when the job ends, so the document listens for it.
document.addEventListener("click", (event) => {
  const word = event.target.closest("#transcript [data-at]");
  // Whoever marks words wants to copy them.
  if (!word || String(getSelection())) return;
  event.preventDefault();
  goTo(word);
});

let now = null;

player.addEventListener("timeupdate", () => {
  const words = [...document.querySelectorAll("#transcript .word")];
  const next = words.findIndex((word) => Number(word.dataset.at) > player.currentTime + 0.01);
  const word = words[(next < 0 ? words.length : next) - 1] ?? null;
  if (word === now) return;
  now?.classList.remove("now");
  word?.classList.add("now");
  now = word;
});

// Keys as in most players, wherever nothing is being typed.
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest("input, select, textarea, audio")) return;
  if (event.key === "k") player.paused ? player.play().catch(() => {}) : player.pause();
  if (event.key === "j") player.currentTime = Math.max(0, player.currentTime - 5);
  if (event.key === "l") player.currentTime += 5;
});
