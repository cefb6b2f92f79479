// Choose, drop or record files, send them in pieces, and let each be transcribed as it has come.
// Without this script the form sends them itself, all at once.

import "./choices.js";
import { onDrop } from "../uploads/drop.js";
import { says } from "../says.js";
import { insist, request } from "../uploads/requests.js";
import { drop, forget, upload } from "../uploads/tus.js";
import { Row } from "./files.js";
import { isRecording, offerRecording, stopRecording } from "./record.js";

const form = document.querySelector("#upload");
const input = form.querySelector('input[type="file"]');
const spoken = document.querySelector("#spoken");
const button = document.querySelector("#send");
const { uploads, jobs, maxFiles, maxBytes } = form.dataset;
const headers = { "X-CSRFToken": form.elements.csrf_token.value };

let rows = [];
let isSending = false;

function say(words) {
  spoken.textContent = words;
}

// Put sentences beside a field and return it, if there is such a field.
function showErrors(sentences, name = "file") {
  const place = document.getElementById(`${name}-errors`);
  if (!place) return null;
  const list = document.createElement("ul");
  for (const sentence of sentences) list.append(Object.assign(document.createElement("li"), { textContent: sentence }));
  place.replaceChildren(...(sentences.length ? [list] : []));
  form.elements[name].setAttribute("aria-invalid", sentences.length ? "true" : "false");
  return form.elements[name];
}

function clearErrors() {
  for (const name of ["file", "recogniser", "language"]) showErrors([], name);
}

const isSame = (one, other) => ["name", "size", "lastModified"].every((key) => one[key] === other[key]);

function add(files, folders = 0) {
  clearErrors();
  const reasons = folders ? [says("aFolder")] : [];
  const before = rows.length;
  for (const file of files) {
    const waiting = rows.filter((row) => !row.job);
    if (waiting.some((row) => isSame(row.file, file))) continue;
    if (waiting.length >= Number(maxFiles)) {
      reasons.push(says("tooMany", { num: Number(maxFiles) }));
      break;
    }
    const size = Number(maxBytes) / 1e9;
    if (file.size > Number(maxBytes)) reasons.push(says("tooLarge", { name: file.name, size }));
    else rows.push(new Row(file, removed));
  }
  showErrors(reasons);
  const added = rows.length - before;
  const count = rows.length;
  if (added === 1) say(says("oneAdded", { name: rows.at(-1).file.name, count }));
  if (added > 1) say(says("severalAdded", { num: added, count }));
}

function removed(row, next) {
  rows = rows.filter((other) => other !== row);
  drop(row.file, headers);
  say(says("removed", { name: row.file.name }));
  if (next !== undefined) (next ?? input).focus();
}

function onwait(row) {
  return (error) => {
    if (error.status === 409 || error.status === 423) return;
    const words = error.status ? says("busy") : says("offline");
    row.say(words);
    say(says("about", { name: row.file.name, words }));
  };
}

async function send(row) {
  const options = { headers, signal: row.signal, onwait: onwait(row) };
  row.call(says("cancel"));
  row.upload ??= await upload(row.file, uploads, { ...options, onprogress: (sent) => row.showProgress(sent) });
  row.hold(); // From here on it may have been accepted.
  row.say(says("looking"));
  const body = new FormData();
  body.append("upload", row.upload);
  for (const name of ["csrf_token", "recogniser", "language"]) {
    if (form.elements[name]) body.append(name, form.elements[name].value);
  }
  const answer = await insist(() => request("POST", form.action, { body }), { onwait: onwait(row) });
  forget(row.file);
  row.accept(answer.response.jobs[0]);
}

// Say why a file was refused; return the field to look at, and whether the others are to go on.
function explain(row, error) {
  const { file, ...others } = error.fields ?? {};
  const [name, sentences] = Object.entries(others)[0] ?? [];
  const field = name && showErrors(sentences, name);
  if (field) return { field, reason: null };
  return { field: null, reason: file?.[0] ?? says("about", { name: row.file.name, words: error.message }) };
}

// What is wrong with the file itself will be wrong the next time, too.
function takeAway(row, error) {
  if ([404, 413, 415, 422].includes(error.status)) {
    forget(row.file);
    row.upload = undefined;
  }
  if ([413, 415, 422].includes(error.status)) {
    row.element.remove();
    rows = rows.filter((other) => other !== row);
  } else {
    row.rest(says("notSent"));
  }
}

async function sendAll() {
  const reasons = [];
  let row;
  while ((row = rows.find((other) => !other.job && !other.hasFailed))) {
    say(says("sendingOneOf", { name: row.file.name, number: rows.indexOf(row) + 1, count: rows.length }));
    try {
      await send(row);
    } catch (error) {
      if (row.signal.aborted) continue;
      const { field, reason } = explain(row, error);
      if (field) {
        row.rest("");
        return field;
      }
      reasons.push(reason);
      row.hasFailed = true;
      takeAway(row, error);
    }
  }
  return reasons.length ? showErrors(reasons) : null;
}

function leave() {
  const accepted = rows.filter((row) => row.job);
  if (!accepted.length) return input.focus(); // All were cancelled.
  say(says("allSent"));
  location.assign(accepted.length === 1 ? accepted[0].job.page_url : jobs);
}

form.noValidate = true;
form.classList.add("scripted");
form.querySelector(".hint").hidden = false;

function takeChosen() {
  if (!input.files.length) return;
  add([...input.files]);
  input.value = ""; // They are in the list now.
}

input.addEventListener("change", takeChosen);
takeChosen(); // What was chosen before this script had come, or before the page was loaded again.

onDrop(add);
offerRecording({ take: (file) => add([file]), refuse: showErrors, say });

// Who leaves now would have to choose the file again, or lose what was said.
addEventListener("beforeunload", (event) => {
  if (isSending || isRecording()) event.preventDefault();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isSending) return;
  await stopRecording();
  clearErrors();
  for (const row of rows) row.hasFailed = false;
  if (!rows.some((row) => !row.job)) {
    showErrors([says("noFile")]).focus();
    return;
  }
  isSending = true;
  // A button that is disabled would lose the focus.
  button.setAttribute("aria-disabled", "true");
  const wrong = await sendAll();
  isSending = false;
  button.removeAttribute("aria-disabled");
  // Stay: what was refused should be read, and what was accepted can be opened from here.
  if (wrong) wrong.focus();
  else leave();
});
