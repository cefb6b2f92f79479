"""Vosk, a small and quick recogniser with a model for each language.

SpeechRecognition's `recognize_vosk` loads the model for each call, from a folder inside its own
package, and never asks for the times of words.
"""

import json
from typing import Any

import vosk

from app_srvc import settings
from app_srvc.speech.recognisers import timing
from app_srvc.speech.sound import RATE, Heard, Word


class Vosk:
    """A model in memory, which starts no threads: forked processes share it."""

    def __init__(self) -> None:
        vosk.SetLogLevel(-1)
        self._model: Any = vosk.Model(str(settings.load().vosk_model))

    def recognise(self, samples: bytes, language: str) -> Heard:  # noqa: ARG002  # It knows one.
        """Decode as one utterance."""
        if not samples:
            return Heard([])
        recogniser: Any = vosk.KaldiRecognizer(self._model, RATE)
        recogniser.SetWords(True)
        words = []
        # It may take a pause for the end; what was heard by then has to be fetched.
        if recogniser.AcceptWaveform(samples):
            words += _words(recogniser.Result())
        words += _words(recogniser.FinalResult())
        return Heard(timing.in_order(words, timing.length_ms(samples)))


def _words(told: str) -> list[Word]:
    return [
        timing.word(word["start"], word["end"], word["word"], word["conf"])
        for word in json.loads(told).get("result", [])
    ]
