// Choose, drop or record files, and let each be transcribed as it has come.

import "./choices.js";
import { add, begin, say, showErrors } from "../uploads/form.js";
import { isRecorded, isRecording, offerRecording, stopRecording } from "./record.js";

// What was just said can be heard again.
function player(file) {
  if (!isRecorded(file)) return null;
  const audio = document.createElement("audio");
  audio.controls = true;
  audio.src = URL.createObjectURL(file);
  audio.setAttribute("aria-label", file.name);
  return audio;
}

begin({ fields: ["recogniser", "language"], preview: player, isBusy: isRecording, settle: stopRecording });
offerRecording({ take: (file) => add([file]), refuse: showErrors, say });
