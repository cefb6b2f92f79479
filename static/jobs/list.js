// Keep the list of jobs up to date while something on it moves.

const EVERY_MS = 3000;
const ENDED = ["finished", "failed", "cancelled"];
const rows = [...document.querySelectorAll("[data-status-url]")];

async function update(row) {
  const response = await fetch(row.dataset.statusUrl, { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const job = await response.json();
  const state = row.querySelector('[data-job="state"]');
  const words = job.cancel_requested ? "cancelling" : job.state;
  if (state.textContent !== words) state.textContent = words;
  state.className = `state ${job.state}`;
  const share = row.querySelector('[data-job="share"]');
  if (share) share.textContent = job.state === "running" ? `${Math.floor(100 * job.progress)} %` : "";
  if (ENDED.includes(job.state)) rows.splice(rows.indexOf(row), 1);
}

async function updateAll() {
  await Promise.allSettled(rows.map(update));
  if (rows.length) setTimeout(updateAll, EVERY_MS);
}

if (rows.length) setTimeout(updateAll, EVERY_MS);
