// Requests that can be watched, cancelled, and repeated for as long as it takes.

import { says } from "../says.js";

const PAUSES = [1, 2, 4, 8, 15];
// A connection on which nothing moves for so long is as good as lost.
const STALLED_MS = 60_000;
// The same answer, in a row, until it is believed; but for no answer and for "busy".
const MOST_FAULTS = 8;

// What the server answered instead; status 0 when there was no answer.
export class Refused extends Error {
  constructor(request) {
    super(request.response?.detail ?? says("answered", { status: String(request.status) }));
    this.status = request.status;
    this.fields = request.response?.errors ?? {};
    this.pause = request.status ? Number(request.getResponseHeader("Retry-After")) : 0;
  }

  // Say whether the same may be answered otherwise in a while.
  get isTemporary() {
    return [0, 409, 423, 429].includes(this.status) || (this.status >= 500 && this.status !== 507);
  }
}

// fetch cannot tell how much of a body has gone; XMLHttpRequest can.
export function request(method, url, { headers = {}, body = null, signal, onprogress = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    let stalled;
    const moved = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED_MS);
    };
    const cancel = () => request.abort();
    request.open(method, url);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => {
      moved();
      onprogress(event.loaded);
    });
    request.addEventListener("loadend", () => {
      clearTimeout(stalled);
      signal?.removeEventListener("abort", cancel);
      if (request.status >= 200 && request.status < 300) resolve(request);
      else reject(new Refused(request));
    });
    signal?.addEventListener("abort", cancel);
    moved();
    request.send(body);
  });
}

// Do `work` until it succeeds or is refused for good; `onwait` hears of each pause.
export async function insist(work, { signal, onwait = () => {} } = {}) {
  for (let failures = 0; ; failures++) {
    try {
      return await work(() => (failures = 0));
    } catch (error) {
      if (signal?.aborted || !error.isTemporary) throw error;
      if (![0, 429, 503].includes(error.status) && failures >= MOST_FAULTS) throw error;
      onwait(error);
      await pause(error.pause || PAUSES[Math.min(failures, PAUSES.length - 1)], signal);
    }
  }
}

// Wait, but no longer than until the connection is back or nobody wants it any more.
function pause(seconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, 1000 * seconds);
    addEventListener("online", done);
    signal?.addEventListener("abort", done);
  });
}
