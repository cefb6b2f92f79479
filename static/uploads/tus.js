// A small client of tus 1.0.0: a file goes in pieces, and goes on after a lost connection.
// The addresses of unfinished uploads stay in this browser, so the same file chosen again goes on, too.

import { kept } from "../kept.js";
import { insist, request } from "./requests.js";

// Small enough for proxies that keep a request until it is whole.
const PIECE_BYTES = 8 * 1024 * 1024;
const TUS = { "Tus-Resumable": "1.0.0" };

// Send a file to the service at `address` and return the id of the upload.
export async function upload(file, address, { headers, signal, onprogress, onwait }) {
  const all = { ...TUS, ...headers };
  let url = recall(file);
  await insist(
    async (movedOn) => {
      let offset = url ? await ask(url, all, signal) : null;
      if (offset === null) {
        url = await create(file, address, all, signal);
        remember(file, url);
        offset = 0;
      }
      while (offset < file.size) {
        onprogress(offset);
        offset = await send(url, file, offset, all, signal, (sent) => onprogress(offset + sent));
        movedOn();
      }
    },
    { signal, onwait },
  );
  onprogress(file.size);
  return url.split("/").pop();
}

// Let the service forget what has come of a file.
export function drop(file, headers) {
  const url = recall(file);
  forget(file);
  if (url) request("DELETE", url, { headers: { ...TUS, ...headers } }).catch(() => {}); // It expires anyhow.
}

// Return how much has come, or null when the upload is no longer there.
async function ask(url, headers, signal) {
  try {
    const answer = await request("HEAD", url, { headers, signal });
    return Number(answer.getResponseHeader("Upload-Offset"));
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

async function create(file, address, headers, signal) {
  const name = String.fromCharCode(...new TextEncoder().encode(file.name));
  const about = { "Upload-Length": String(file.size), "Upload-Metadata": `filename ${btoa(name)}` };
  const answer = await request("POST", address, { headers: { ...headers, ...about }, signal });
  return answer.getResponseHeader("Location");
}

async function send(url, file, offset, headers, signal, onprogress) {
  const about = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
  const body = file.slice(offset, offset + PIECE_BYTES);
  const answer = await request("PATCH", url, { headers: { ...headers, ...about }, body, signal, onprogress });
  return Number(answer.getResponseHeader("Upload-Offset"));
}

const nameOf = (file) => `upload ${file.name} ${file.size} ${file.lastModified}`;

// Where the browser keeps nothing, an upload goes on for as long as its page is open.
function recall(file) {
  return kept((storage) => storage.getItem(nameOf(file)));
}

function remember(file, url) {
  kept((storage) => storage.setItem(nameOf(file), url));
}

export function forget(file) {
  kept((storage) => storage.removeItem(nameOf(file)));
}
