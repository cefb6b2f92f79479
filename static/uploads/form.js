// Choose or drop files, send them in pieces, and let each become a job as it has come. The form and
// its parts are in templates/uploads/form.html; without this script it sends them itself, all at once.

import { says } from "../says.js";
import { onDrop } from "./drop.js";
import { Row } from "./files.js";
import { insist, request } from "./requests.js";
import { drop, forget, upload } from "./tus.js";

const form = document.querySelector("#upload");
// Some forms have a second one, for the camera of a phone.
const inputs = form.querySelectorAll('input[type="file"]');
const [input] = inputs;
const spoken = document.querySelector("#spoken");
const button = document.querySelector("#send");
const { uploads, jobs, maxFiles, maxBytes } = form.dataset;
const headers = { "X-CSRFToken": form.elements.csrf_token.value };

let rows = [];
let isSending = false;
// What a service has besides: the other fields that go with each file, what shows a file on the list,
// whether something is going on that leaving would end, and what is waited for before files are sent.
let own = { fields: [], preview: () => null, isBusy: () => false, settle: async () => {} };

export function say(words) {
  spoken.textContent = words;
}

// Put sentences beside a field and return it, if there is such a field.
export function showErrors(sentences, name = "file") {
  const place = document.getElementById(`${name}-errors`);
  if (!place) return null;
  const list = document.createElement("ul");
  for (const sentence of sentences) list.append(Object.assign(document.createElement("li"), { textContent: sentence }));
  place.replaceChildren(...(sentences.length ? [list] : []));
  const field = name === "file" ? input : form.elements[name];
  field.setAttribute("aria-invalid", sentences.length ? "true" : "false");
  return field;
}

function clearErrors() {
  for (const name of ["file", ...own.fields]) showErrors([], name);
}

const isSame = (one, other) => ["name", "size", "lastModified"].every((key) => one[key] === other[key]);

export function add(files, folders = 0) {
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
    else rows.push(new Row(file, removed, own.preview(file)));
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
  for (const name of ["csrf_token", ...own.fields]) {
    if (form.elements[name]) body.append(name, form.elements[name].value);
  }
  if (form.elements.mail_me?.checked) body.append("mail_me", "y");
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

function takeChosen({ target }) {
  if (!target.files.length) return;
  add([...target.files]);
  target.value = ""; // They are in the list now.
}

// Begin, with what this service has besides.
export function begin(besides = {}) {
  own = { ...own, ...besides };
  form.noValidate = true;
  form.classList.add("scripted");
  form.querySelector(".hint").hidden = false;
  for (const one of inputs) {
    one.addEventListener("change", takeChosen);
    takeChosen({ target: one }); // What was chosen before this script had come, or before the page was loaded again.
  }
  onDrop(add);
}

// Who leaves now would have to choose the file again, or lose what was said.
addEventListener("beforeunload", (event) => {
  if (isSending || own.isBusy()) event.preventDefault();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isSending) return;
  await own.settle();
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
