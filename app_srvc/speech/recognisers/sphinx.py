"""CMU PocketSphinx with the English model that lies inside the SpeechRecognition package.

SpeechRecognition's own `recognize_sphinx` builds a decoder for every call and offers none of the
settings below; reusing one and narrowing its search halves the time at no cost in words. Its
model is the better one: pocketsphinx's own gets half as many words again wrong.
"""

import re
from importlib.util import find_spec
from pathlib import Path

import pocketsphinx

from app_srvc.speech.sound import BYTES_PER_SECOND, Heard, Word

FRAME_MS = 10
# Of words below this confidence fewer than half are right (696 words of speech of many kinds).
GUESSED_BELOW = 0.5
# Speech fills most of a segment, which begins and ends with it. Four seconds of a chord had one
# word of 0.07 s.
SPARSE_SHARE = 0.05
# Silence, noise and the ends of the utterance; what is no word.
_NOT_A_WORD = re.compile(r"^(<.*>|\[.*\]|\+\+.*\+\+)$")
# The dictionary numbers other ways to say a word: for(3).
_VARIANT = re.compile(r"\(\d+\)$")


class Sphinx:
    """A decoder with its model in memory. Not for two threads at once."""

    def __init__(self) -> None:
        model = _model_folder()
        self._decoder = pocketsphinx.Decoder(
            pocketsphinx.Config(
                hmm=str(model / "acoustic-model"),
                lm=str(model / "language-model.lm.bin"),
                dict=str(model / "pronounciation-dictionary.dict"),
                maxhmmpf=3000,
                maxwpf=10,
                pl_window=10,
                loglevel="FATAL",
            )
        )

    def recognise(self, samples: bytes, language: str) -> Heard:  # noqa: ARG002  # It knows one.
        """Decode as one utterance. The call holds Python's lock: about 0.2 s a second of sound."""
        if not samples:
            return Heard([])  # pocketsphinx reads beyond an empty buffer.
        self._decoder.start_utt()
        self._decoder.process_raw(samples, no_search=False, full_utt=True)
        self._decoder.end_utt()
        if self._decoder.hyp() is None:
            return Heard([])
        words = [
            Word(
                segment.start_frame * FRAME_MS,
                (segment.end_frame + 1) * FRAME_MS,
                _VARIANT.sub("", segment.word),
                round(min(1.0, segment.prob), 3),
            )
            for segment in self._decoder.seg()
            if not _NOT_A_WORD.match(segment.word)
        ]
        return Heard([] if _are_invented(words, len(samples)) else words)


def _are_invented(words: list[Word], size: int) -> bool:
    """Say whether a word or two were heard in music or noise, as this recogniser likes to do."""
    said_ms = sum(word.end_ms - word.start_ms for word in words)
    is_sparse = said_ms < SPARSE_SHARE * size / BYTES_PER_SECOND * 1000
    return is_sparse and all(word.confidence < GUESSED_BELOW for word in words)


def _model_folder() -> Path:
    """Find the model without importing the package: only its files are wanted."""
    package = find_spec("speech_recognition")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("SpeechRecognition is not installed")
    return Path(package.origin).parent / "pocketsphinx-data" / "en-US"
