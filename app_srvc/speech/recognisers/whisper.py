"""OpenAI's own Whisper, run by PyTorch.

SpeechRecognition's `recognize_whisper` loads the model for each call.
"""

from typing import Any

import torch
import whisper

from app_srvc import settings
from app_srvc.speech.recognisers import languages, timing, whispered
from app_srvc.speech.sound import Heard


class Whisper:
    """A model in memory."""

    def __init__(self) -> None:
        wanted = settings.load()
        torch.set_num_threads(wanted.model_threads)
        self._model: Any = whisper.load_model(str(wanted.whisper_model))

    def recognise(self, samples: bytes, language: str) -> Heard:
        """Decode as one piece of up to 30 s."""
        if timing.length_ms(samples) < whispered.SHORTEST_MS:
            return Heard([])
        told = self._model.transcribe(
            whispered.as_floats(samples),
            language=self._checked(language),
            word_timestamps=True,
            condition_on_previous_text=False,
            fp16=self._model.device.type == "cuda",
        )
        pieces = [
            whispered.Piece(
                segment["no_speech_prob"],
                [
                    timing.word(word["start"], word["end"], word["word"], word["probability"])
                    for word in segment["words"]
                ],
            )
            for segment in told["segments"]
        ]
        return whispered.heard(pieces, samples, None if language else told["language"])

    def _checked(self, language: str) -> str | None:
        """Return what the model calls a language, if it has it."""
        name = languages.for_whisper(language)
        if name in {None, "en"}:
            return name
        known = list(languages.WHISPER)[: self._model.num_languages]
        if not self._model.is_multilingual or language not in known:
            raise whispered.unknown(language)
        return name
