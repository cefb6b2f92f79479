// Keep the player and the transcript in step. Without this script a time opens the recording there.

import { onKeys } from "./keys.js";
import { lastUpTo, show, transcript } from "./words.js";

const player = document.querySelector("#player");
// Times in the page are rounded, and those of the player are not.
const SLACK = 0.01;
const HEARD_SECONDS = 2;
const JUST_BEGUN_SECONDS = 0.5;

function play() {
  player.play().catch(() => {});
}

// The transcript is replaced when the job ends, so the document listens for it.
document.addEventListener("click", (event) => {
  const place = event.target.closest("#transcript [data-at]");
  // Whoever marks words with the mouse wants to copy them.
  if (!place || (event.detail && String(getSelection()))) return;
  event.preventDefault();
  player.currentTime = Number(place.dataset.at);
  play();
});

let now = null;

function isSeen(word) {
  const { top, bottom } = word.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

player.addEventListener("timeupdate", () => {
  const { words, times } = transcript();
  const word = words[lastUpTo(player.currentTime + SLACK, times)] ?? null;
  if (word === now) return;
  // The page turns with who reads along, and stays with who has scrolled away.
  const isFollowed = now?.isConnected && isSeen(now);
  now?.classList.remove("now");
  word?.classList.add("now");
  now = word;
  if (word && isFollowed) show(word);
});

function goTo(word) {
  if (!word) return;
  player.currentTime = Number(word.dataset.at);
  show(word);
}

function toNextParagraph() {
  const { starts, times } = paragraphs();
  goTo(starts[lastUpTo(player.currentTime + SLACK, times) + 1]);
}

// To the beginning of this paragraph, or of the one before when this one has only just begun.
function toPreviousParagraph() {
  const { starts, times } = paragraphs();
  goTo(starts[Math.max(0, lastUpTo(player.currentTime - HEARD_SECONDS, times))]);
}

function paragraphs() {
  const all = document.querySelectorAll("#transcript p");
  const starts = [...all].map((paragraph) => paragraph.querySelector(".word"));
  return { starts, times: starts.map((start) => Number(start.dataset.at)) };
}

// A sentence ends with a sign that says so, and with its passage at the latest.
const ENDS = /[.!?\u2026\u3002\uff01\uff1f\u0964\u061f]["'\u201d\u2019\u00bb)\]]*$/;

function sentences() {
  const { words } = transcript();
  const starts = words.filter((word, index) => {
    return index === 0 || "passage" in word.dataset || ENDS.test(words[index - 1].textContent);
  });
  return { starts, times: starts.map((start) => Number(start.dataset.at)) };
}

function toNextSentence() {
  const { starts, times } = sentences();
  goTo(starts[lastUpTo(player.currentTime + SLACK, times) + 1]);
}

function toPreviousSentence() {
  const { starts, times } = sentences();
  goTo(starts[Math.max(0, lastUpTo(player.currentTime - JUST_BEGUN_SECONDS, times))]);
}

function toNextDoubtful() {
  const { words, times } = transcript();
  const here = lastUpTo(player.currentTime + SLACK, times);
  goTo(words.find((word, index) => index > here && word.classList.contains("doubtful")));
}

// As in most players.
onKeys({
  k: () => (player.paused ? play() : player.pause()),
  j: () => (player.currentTime = Math.max(0, player.currentTime - 5)),
  l: () => (player.currentTime += 5),
  s: toNextSentence,
  a: toPreviousSentence,
  n: toNextParagraph,
  p: toPreviousParagraph,
  d: toNextDoubtful,
});

// Whoever comes by a link to a passage hears it from there.
function toLinked() {
  const linked = document.getElementById(location.hash.slice(1));
  if (linked?.dataset.at && linked.closest("#transcript")) player.currentTime = Number(linked.dataset.at);
}

addEventListener("hashchange", toLinked);
toLinked();
