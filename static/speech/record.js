// Record with the microphone. What was recorded becomes a file like any other.

import { says } from "../says.js";

const TYPES = { "audio/webm;codecs=opus": "webm", "audio/mp4": "m4a", "audio/ogg;codecs=opus": "ogg" };

const REASONS = {
  NotAllowedError: () => says("notAllowed"),
  NotFoundError: () => says("noMicrophone"),
  NotReadableError: () => says("inUse"),
};

const button = document.querySelector("#record");
const panel = document.querySelector("#recording");
const clock = panel.querySelector("time");
const meter = panel.querySelector("meter");
const stop = panel.querySelector("button");

const recorded = new WeakSet();
let recorder = null;
let finished = Promise.resolve();

export const isRecording = () => recorder !== null;
export const isRecorded = (file) => recorded.has(file);

// End what is being recorded, if anything, and wait until it has become a file.
export function stopRecording() {
  if (recorder?.state === "recording") recorder.stop();
  return finished;
}

// Let the button record: `take` gets each file, `refuse` why there is none, `say` what goes on.
export function offerRecording({ take, refuse, say }) {
  button.hidden = false;
  stop.addEventListener("click", () => stopRecording());
  button.addEventListener("click", async () => {
    refuse([]);
    button.disabled = true;
    try {
      finished = record(await open(), { take, say });
      await finished;
    } catch (error) {
      refuse([REASONS[error.name]?.() ?? error.message]);
    }
    button.disabled = false;
  });
}

async function open() {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    throw new Error(says("notSafe"));
  }
  return navigator.mediaDevices.getUserMedia({ audio: true });
}

async function record(stream, { take, say }) {
  const type = Object.keys(TYPES).find((known) => MediaRecorder.isTypeSupported(known));
  recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
  const parts = [];
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
  let hide = () => {};
  try {
    recorder.start(1000);
    hide = show(stream);
    say(says("recording"));
    await stopped;
  } finally {
    recorder = null;
    for (const track of stream.getTracks()) track.stop();
    hide();
  }
  const name = `${says("recordingOf", { moment: moment(new Date()) })}.${TYPES[type] ?? "webm"}`;
  const file = new File(parts, name, { type: parts[0]?.type, lastModified: Date.now() });
  recorded.add(file);
  take(file);
}

// Show that something is heard, and for how long; return what ends it.
function show(stream) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const wave = new Uint8Array(analyser.fftSize);
  const began = performance.now();
  let next;
  context.createMediaStreamSource(stream).connect(analyser);
  const draw = () => {
    analyser.getByteTimeDomainData(wave);
    // From 128, silence, it goes up and down; quiet speech is to be seen, too.
    meter.value = Math.sqrt(Math.max(...wave.map((at) => Math.abs(at - 128))) / 128);
    const seconds = Math.floor((performance.now() - began) / 1000);
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    next = requestAnimationFrame(draw);
  };
  panel.hidden = false;
  button.hidden = true;
  stop.focus();
  draw();
  return () => {
    const hadFocus = panel.contains(document.activeElement);
    cancelAnimationFrame(next);
    context.close();
    panel.hidden = true;
    button.hidden = false;
    button.disabled = false;
    if (hadFocus) button.focus();
  };
}

function moment(now) {
  const two = (number) => String(number).padStart(2, "0");
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  return `${day} ${two(now.getHours())}.${two(now.getMinutes())}`;
}
