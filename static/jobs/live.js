// Follow a job on its page. Without this script the page loads itself again every few seconds.

import { notify, stopOffering } from "../notify.js";
import { refresh } from "../refresh.js";
import { localise } from "../times.js";

const ENDED = ["finished", "failed", "cancelled"];
const box = document.querySelector("[data-events]");
const part = (name) => box.querySelector(`[data-job="${name}"]`);

function say(name, text) {
  // A screen reader reads a message each time it is set.
  if (part(name).textContent !== text) part(name).textContent = text;
}

function show(job) {
  part("progress").value = job.progress;
  part("progress").hidden = ENDED.includes(job.state);
  say("message", job.message);
  say("stage", job.state === "running" ? job.stage : "");
  say("left", job.left);
  const begins = part("begins");
  begins.hidden = !job.begins_at;
  begins.querySelector("time").setAttribute("datetime", job.begins_at ?? "");
  if (job.begins_at) localise(begins);
}

async function addSegments() {
  const transcript = document.querySelector("#transcript");
  const response = await fetch(`${box.dataset.segments}?after=${transcript.dataset.last}`);
  if (!response.ok) return;
  const { segments } = await response.json();
  for (const segment of segments) {
    transcript.dataset.last = segment.position;
    if (!segment.text) continue;
    document.querySelector("#no-words-yet")?.remove();
    const paragraph = document.createElement("p");
    paragraph.textContent = segment.text;
    transcript.append(paragraph);
  }
}

// One after the other: what came first is shown first.
let shown = Promise.resolve();
let turn = "";

function follow() {
  const source = new EventSource(box.dataset.events);

  source.addEventListener("job", (event) => {
    const job = JSON.parse(event.data);
    show(job);
    if (box.dataset.segments && job.state === "running") shown = shown.then(addSegments).catch(() => {});
    // What can be done with the job, its attempts and its log change with these.
    const now = [job.state, job.attempt, job.cancel_requested].join();
    if (now !== turn) shown = shown.then(refresh).catch(() => {});
    turn = now;
    if (!ENDED.includes(job.state)) return;
    source.close();
    notify(job.title, job.message, job.id);
    stopOffering();
  });

  source.addEventListener("gone", () => {
    source.close();
    location.reload();
  });

  // A lost connection comes back by itself; one that was refused does not.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 5000);
  });
}

follow();
