// Find words in the transcript while they are typed. Without this script the server marks them:
// app_srvc/speech/searching.py, which finds the same.

import { says } from "../says.js";
import { onKeys } from "./keys.js";
import { lastUpTo, show, transcript } from "./words.js";

const field = () => document.querySelector("#q");
const LEFT_OUT = /[\u0300-\u036f\p{P}]/gu;

function fold(text) {
  return text.toLowerCase().replaceAll("ß", "ss").normalize("NFKD").replace(LEFT_OUT, "");
}

let index = {};

// Return the whole text as it is searched, and where each word begins in it. A hit does not go over
// the end of a paragraph.
function indexed() {
  const { root, words } = transcript();
  if (index.root === root) return index;
  const starts = new Int32Array(words.length);
  // An hour has nine thousand words, and a thousand different ones.
  const known = new Map();
  let text = "";
  let paragraph = null;
  words.forEach((word, number) => {
    const own = word.closest("p");
    if (own !== paragraph) text += "\n";
    paragraph = own;
    starts[number] = text.length;
    const written = word.textContent;
    if (!known.has(written)) known.set(written, fold(written));
    if (known.get(written)) text += `${known.get(written)} `;
  });
  index = { root, text, starts };
  return index;
}

// Return the first and last word of each hit, as indices. A word belongs to one hit at most.
function find(query) {
  const { text, starts } = indexed();
  const hits = [];
  for (let at = text.indexOf(query); at >= 0; ) {
    const first = lastUpTo(at, starts);
    const last = lastUpTo(at + query.length - 1, starts);
    hits.push([first, last]);
    at = last + 1 < starts.length ? text.indexOf(query, starts[last + 1]) : -1;
  }
  return hits;
}

let hits = [];
let current = -1;

function range([first, last]) {
  const { words } = transcript();
  const end = words[last].firstChild;
  return new StaticRange({
    startContainer: words[first].firstChild,
    startOffset: 0,
    endContainer: end,
    endOffset: end.length,
  });
}

// Marks of the browser's own change no element: thousands of them are cheap. Where it has none,
// the current hit is marked alone.
function markAll() {
  if (!globalThis.Highlight) return;
  const marks = new Highlight();
  for (const hit of hits) marks.add(range(hit));
  CSS.highlights.set("hits", marks);
}

function showCurrent() {
  for (const word of document.querySelectorAll(".word.hit")) word.classList.remove("hit");
  const words = hits.length ? transcript().words.slice(hits[current][0], hits[current][1] + 1) : [];
  for (const word of words) word.classList.add("hit");
  if (words.length) show(words[0]);
  say();
}

function say() {
  const isAsked = fold(field().value).trim() !== "";
  const words = hits.length ? says("hitOf", { number: current + 1, count: hits.length }) : says("nothingFound");
  document.querySelector("#found").textContent = isAsked ? words : "";
  for (const button of document.querySelectorAll("#find .steps button")) button.disabled = !hits.length;
}

function search() {
  const query = fold(field().value).split(/\s+/).join(" ").trim();
  const from = hits[current]?.[0] ?? 0;
  hits = query ? find(query) : [];
  // Whoever types on stays where they are, as long as it is a hit.
  current = hits.length ? Math.max(0, hits.findIndex(([first]) => first >= from)) : -1;
  markAll();
  showCurrent();
}

function step(by) {
  if (!hits.length) return;
  current = (current + by + hits.length) % hits.length;
  showCurrent();
}

// The form is replaced when the job ends, so the document listens for it.
document.addEventListener("input", (event) => {
  if (event.target === field()) search();
});

document.addEventListener("submit", (event) => {
  if (event.target.id === "find") event.preventDefault();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("#find button");
  if (button?.dataset.step) step(Number(button.dataset.step));
  if (button && "play" in button.dataset) play();
});

// A click on a word plays it; so this is one.
function play() {
  if (hits.length) transcript().words[hits[current][0]].click();
}

document.addEventListener("keydown", (event) => {
  // Enter ends what an input method composes before it is for us.
  if (event.target !== field() || event.isComposing) return;
  if (event.key === "Enter") {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) play();
    else step(event.shiftKey ? -1 : 1);
  }
  if (event.key === "Escape") {
    event.preventDefault();
    if (!field().value) field().blur();
    field().value = "";
    search();
  }
});

onKeys({ "/": () => field()?.select() });

// Whoever goes to the field is about to type.
document.addEventListener("focusin", (event) => {
  if (event.target === field()) setTimeout(indexed);
});

// What the server has marked is found here again, and then follows what is typed.
if (field()?.value) {
  for (const mark of document.querySelectorAll("#transcript mark")) mark.replaceWith(...mark.childNodes);
  search();
}
