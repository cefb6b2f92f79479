// Follow a job on its page. Without this script the page reloads itself every few seconds.

const box = document.querySelector("[data-events]");
const transcript = document.querySelector("#transcript");
const part = (name) => box.querySelector(`[data-job="${name}"]`);

function time(text) {
  return new Date(text).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function waiting(job) {
  let words = "Next in the queue.";
  if (job.ahead === 1) words = "One job is before this one.";
  if (job.ahead > 1) words = `${job.ahead} jobs are before this one.`;
  return job.estimated_start ? `${words} It may begin at ${time(job.estimated_start)}.` : words;
}

function words(job) {
  if (job.cancel_requested) return "Being cancelled.";
  if (job.state === "waiting") return waiting(job);
  if (job.state === "scheduled") return `The last try failed. The next one begins at ${time(job.due_at)}.`;
  if (job.state === "running") return job.stage || "Just begun";
  return job.reason || "Done.";
}

function show(job) {
  const state = part("state");
  state.textContent = job.cancel_requested ? "cancelling" : job.state;
  state.className = `state ${job.state}`;
  part("progress").value = job.progress;
  const line = part("words");
  if (line.textContent !== words(job)) line.textContent = words(job);
}

let adding = Promise.resolve();

async function addSegments() {
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

function follow() {
  const source = new EventSource(box.dataset.events);

  source.addEventListener("job", (event) => {
    const job = JSON.parse(event.data);
    show(job);
    if (box.dataset.segments) adding = adding.then(addSegments, addSegments);
    if (["finished", "failed", "cancelled"].includes(job.state)) {
      source.close();
      // The page of an ended job offers other things: downloads, another try.
      adding.finally(() => location.reload());
    }
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
