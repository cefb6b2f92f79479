// The words of the transcript on the page, and when each is said.

// Some pixels more than a line is high.
const LINE = 40;

let known = {};

// Return the words' elements in order, and their times in seconds. The transcript is replaced when
// the job ends; until then they are read once, for there may be fifty thousand.
export function transcript() {
  const root = document.querySelector("#transcript");
  if (known.root !== root) {
    const words = [...root.querySelectorAll(".word")];
    known = { root, words, times: Float64Array.from(words, (word) => word.getAttribute("data-at")) };
  }
  return known;
}

// Return the index of the last of some ascending numbers that is not above a value, or -1.
export function lastUpTo(value, numbers) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// Bring a word to where it can be read, unless it is there already.
export function show(word) {
  const bar = document.querySelector(".bar").getBoundingClientRect();
  const { top, bottom } = word.getBoundingClientRect();
  if (top < Math.max(0, bar.bottom) || bottom > innerHeight - LINE) word.scrollIntoView({ block: "center" });
}
