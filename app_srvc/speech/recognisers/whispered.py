"""What all that run Whisper's models have in common."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from app_srvc.errors import PermanentError
from app_srvc.speech.recognisers import languages, timing
from app_srvc.speech.sound import Heard, Word
from app_srvc.words import _

# Whisper invents a text where nobody speaks. 0.6 is the `no_speech_threshold` of openai-whisper's
# transcribe(); it lets through what the model is sure of, and here that is dropped too.
NO_SPEECH = 0.6
# No word is said in less, and the libraries fail where there is next to nothing.
SHORTEST_MS = 100


class Piece(NamedTuple):
    """A stretch of what Whisper heard, with words that have times in seconds."""

    no_speech: float
    words: list[Word]


def heard(pieces: Iterable[Piece], samples: bytes, found: str | None) -> Heard:
    """Put pieces together; `found` is the language, in Whisper's words, if it was to be found."""
    words = [word for piece in pieces if piece.no_speech <= NO_SPEECH for word in piece.words]
    length = timing.length_ms(samples)
    return Heard(timing.in_order(words, length), languages.from_whisper(found))


def as_floats(samples: bytes) -> Any:
    """Return samples as the array of numbers between -1 and 1 that Whisper takes."""
    import numpy as np  # noqa: PLC0415  # Comes with the models' packages.

    return np.frombuffer(samples, np.dtype("<i2")).astype(np.float32) / 32768


def unknown(language: str) -> PermanentError:
    """Return what is to be raised for a language that this model lacks and others have."""
    name = languages.WHISPER.get(language, language).title()
    return PermanentError(_("The model on this server does not know %(language)s.", language=name))
