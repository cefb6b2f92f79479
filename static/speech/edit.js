// Correct the text where it stands. Without this script each passage has a page for it.

import { refresh } from "../refresh.js";
import { says } from "../says.js";
import { onKeys } from "./keys.js";
import { show, transcript } from "./words.js";

const isOn = () => document.querySelector("#correct")?.getAttribute("aria-pressed") === "true";

const note = document.querySelector("#correcting");
const hint = note.textContent;

let open = null;

function turn(on) {
  note.textContent = hint;
  document.querySelector("#correct").setAttribute("aria-pressed", String(on));
  document.querySelector("#transcript").classList.toggle("correcting", on);
  note.hidden = !on;
  if (!on) close();
}

// Return the words of the passage that a word belongs to, and its number. One in which several speak
// begins anew with each of them.
function passageOf(word) {
  const { words } = transcript();
  const at = words.indexOf(word);
  let first = at;
  while (first > 0 && !("passage" in words[first].dataset)) first -= 1;
  const position = words[first].dataset.passage;
  const isOther = (one) => "passage" in one.dataset && one.dataset.passage !== position;
  while (first > 0 && !isOther(words[first - 1])) {
    if (words.slice(0, first).findLast((one) => "passage" in one.dataset)?.dataset.passage !== position) break;
    first -= 1;
  }
  let stop = at + 1;
  while (stop < words.length && !isOther(words[stop])) stop += 1;
  return { position, words: words.slice(first, stop) };
}

function close() {
  open?.form.remove();
  for (const word of open?.words ?? []) word.classList.remove("edited");
  open = null;
}

async function begin(word) {
  if (!word) return;
  const { position, words } = passageOf(word);
  if (open?.position === position) return open.field.focus();
  if (open && open.field.value !== open.before) return open.field.focus();
  close();
  const answer = await ask(position);
  if (!answer) return;
  const form = make(position);
  const field = form.querySelector("textarea");
  field.value = answer.text;
  open = { form, field, position, words, version: answer.version, before: answer.text };
  for (const one of words) one.classList.add("edited");
  words[0].closest("p").after(form);
  show(words[0]);
  field.focus();
}

const addressOf = (position) => `${document.querySelector("#transcript").dataset.passages}${position}`;

async function ask(position) {
  const response = await fetch(addressOf(position), { headers: { Accept: "application/json" } });
  if (response.ok) return response.json();
  // Its page says what is wrong.
  location.href = addressOf(position);
  return null;
}

function make(position) {
  const form = document.createElement("form");
  form.className = "passage";
  const field = document.createElement("textarea");
  field.id = `passage-${position}`;
  field.rows = 3;
  field.maxLength = 5000;
  field.dir = "auto";
  const label = document.createElement("label");
  label.htmlFor = field.id;
  label.className = "unseen";
  label.textContent = says("passage");
  const told = document.createElement("p");
  told.className = "errors";
  told.setAttribute("role", "alert");
  const save = document.createElement("button");
  save.textContent = says("save");
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "quiet";
  cancel.textContent = says("cancel");
  cancel.addEventListener("click", leave);
  const actions = document.createElement("div");
  actions.className = "actions";
  actions.append(save, cancel);
  form.append(label, field, told, actions);
  form.lang = document.documentElement.lang;
  field.lang = document.querySelector("#transcript").lang;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") leave();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return form;
}

function leave() {
  const place = open?.words[0];
  close();
  document.querySelector("#correct")?.focus({ preventScroll: true });
  if (place?.isConnected) show(place);
}

async function send() {
  const mine = open;
  if (!mine || mine.isBusy) return;
  mine.isBusy = true;
  mine.form.setAttribute("aria-busy", "true");
  try {
    await store(mine);
  } catch {
    say(mine, says("notSaved"));
  } finally {
    mine.isBusy = false;
    mine.form.removeAttribute("aria-busy");
  }
}

async function store(mine) {
  const body = new FormData();
  body.set("csrf_token", document.querySelector("[name=csrf_token]").value);
  body.set("text", mine.field.value);
  body.set("version", mine.version);
  const response = await fetch(addressOf(mine.position), {
    method: "POST", body, headers: { Accept: "application/json" },
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    // Somebody was faster: what they wrote is told, and saving again puts this in its place.
    if ("version" in answer) mine.version = answer.version;
    const detail = answer.detail ?? says("answered", { status: response.status });
    say(mine, "text" in answer ? `${detail} ${says("saidNow", { text: answer.text })}` : detail);
    return;
  }
  if (open === mine) close();
  await refresh();
  turn(true);
  note.textContent = `${says("saved")} ${hint}`;
  document.querySelector("#correct").focus({ preventScroll: true });
  const place = document.querySelector(`#transcript [data-passage="${mine.position}"]`);
  if (place) show(place);
}

function say(mine, words) {
  mine.form.querySelector("[role=alert]").textContent = words;
  mine.field.focus();
}

// Before the player, which would play the word.
document.addEventListener(
  "click",
  (event) => {
    if (event.target.closest("#correct")) turn(!isOn());
    const word = event.target.closest("#transcript .word");
    if (!word || !isOn()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    begin(word);
  },
  true,
);

// Nothing that was typed is lost with the page.
addEventListener("beforeunload", (event) => {
  if (open && open.field.value !== open.before) event.preventDefault();
});

onKeys({
  e: () => {
    if (!document.querySelector("#correct")) return;
    turn(true);
    const { words } = transcript();
    begin(document.querySelector(".word.now, .word.hit, .word:target") ?? words[0]);
  },
});
