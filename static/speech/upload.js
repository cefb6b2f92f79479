// Send files one by one and show how far each is. Without this script the form sends them itself.

const form = document.querySelector("#upload");
const input = form.querySelector('input[type="file"]');
const button = form.querySelector("button");
const errors = form.querySelector(".errors");
const section = document.querySelector("#sending");
const rows = section.querySelector("ul");
const spoken = section.querySelector('[role="status"]');

function say(sentences) {
  const list = document.createElement("ul");
  for (const sentence of sentences) {
    const item = document.createElement("li");
    item.textContent = sentence;
    list.append(item);
  }
  errors.replaceChildren(...(sentences.length ? [list] : []));
  input.setAttribute("aria-invalid", sentences.length ? "true" : "false");
}

function addRow(file) {
  const row = document.querySelector("#sending-file").content.cloneNode(true).firstElementChild;
  row.querySelector(".name").textContent = file.name;
  row.querySelector("progress").setAttribute("aria-label", `Sending ${file.name}`);
  rows.append(row);
  return row;
}

// fetch cannot tell how much of an upload has gone; XMLHttpRequest can.
function send(file, row) {
  const body = new FormData();
  body.append("csrf_token", form.elements.csrf_token.value);
  body.append(input.name, file);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) row.querySelector("progress").value = event.loaded / event.total;
    });
    request.addEventListener("load", () => resolve(answer(request, file)));
    request.addEventListener("error", () => resolve({ reason: `${file.name}: the connection was lost. Please send it again.` }));
    request.send(body);
  });
}

function answer(request, file) {
  if (request.status === 202) return { job: request.response.jobs[0] };
  const problem = request.response ?? {};
  const known = Object.values(problem.errors ?? {}).flat()[0];
  return { reason: known ?? `${file.name}: ${problem.detail ?? `the server answered ${request.status}.`}` };
}

async function sendAll(files) {
  const jobs = [];
  const reasons = [];
  for (const file of files) {
    const row = addRow(file);
    const words = row.querySelector(".words");
    words.textContent = "on its way";
    spoken.textContent = `Sending ${file.name}, ${rows.children.length} of ${files.length}`;
    const { job, reason } = await send(file, row);
    if (job) {
      jobs.push({ ...job, row });
      words.textContent = "accepted";
    } else {
      reasons.push(reason);
      row.remove();
    }
  }
  return { jobs, reasons };
}

// Each file is a request of its own here; the limits are for all that is sent at once.
function tooMuch(files) {
  const { maxFiles, maxBytes } = form.dataset;
  if (files.length > Number(maxFiles)) return `At most ${maxFiles} files at once.`;
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  if (bytes > Number(maxBytes)) return `At most ${Number(maxBytes) / 1e9} GB can be sent at once.`;
  return null;
}

function ask(event) {
  event.preventDefault();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const files = [...input.files];
  const refusal = tooMuch(files);
  say(refusal ? [refusal] : []);
  if (refusal) {
    input.focus();
    return;
  }
  button.disabled = true;
  rows.replaceChildren();
  section.hidden = false;
  // Who leaves now would leave half of it behind.
  addEventListener("beforeunload", ask);
  const { jobs, reasons } = await sendAll(files);
  removeEventListener("beforeunload", ask);
  button.disabled = false;
  if (reasons.length) {
    // What was accepted must not be sent again with the next press.
    input.value = "";
    // Stay: what was refused should be read, and what was accepted can be opened from here.
    say(reasons);
    for (const job of jobs) {
      const link = document.createElement("a");
      link.href = job.page_url;
      link.textContent = "open";
      job.row.append(" ", link);
    }
    section.hidden = !rows.children.length;
    input.focus();
    return;
  }
  location.assign(jobs.length === 1 ? jobs[0].page_url : form.dataset.jobs);
});
