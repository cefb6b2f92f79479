"""Whisper's models, run by CTranslate2.

SpeechRecognition's `recognize_faster_whisper` loads the model for each call.
"""

from typing import Any

import faster_whisper

from app_srvc import settings
from app_srvc.speech.recognisers import languages, timing, whispered
from app_srvc.speech.sound import Heard


class FasterWhisper:
    """A model in memory, in the numbers that this processor is fastest with."""

    def __init__(self) -> None:
        wanted = settings.load()
        self._model: Any = faster_whisper.WhisperModel(
            str(wanted.faster_whisper_model),
            compute_type="auto",
            cpu_threads=wanted.model_threads,
            local_files_only=True,
        )

    def recognise(self, samples: bytes, language: str) -> Heard:
        """Decode as one piece of up to 30 s."""
        if timing.length_ms(samples) < whispered.SHORTEST_MS:
            return Heard([])
        segments, told = self._model.transcribe(
            whispered.as_floats(samples),
            language=self._checked(language),
            word_timestamps=True,
            condition_on_previous_text=False,
        )
        pieces = [
            whispered.Piece(
                segment.no_speech_prob,
                [
                    timing.word(word.start, word.end, word.word, word.probability)
                    for word in segment.words or []
                ],
            )
            for segment in segments
        ]
        return whispered.heard(pieces, samples, None if language else told.language)

    def _checked(self, language: str) -> str | None:
        """Return what the model calls a language, if it has it: it would take another instead."""
        name = languages.for_whisper(language)
        if name in {None, "en"}:
            return name
        if (
            not self._model.model.is_multilingual
            or self._model.hf_tokenizer.token_to_id(f"<|{name}|>") is None
        ):
            raise whispered.unknown(language)
        return name
