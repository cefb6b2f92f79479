"""The words this service speaks of sound in. All sound inside is 16 kHz, one channel, 16 bits."""

from collections.abc import Sequence
from typing import NamedTuple

RATE = 16_000
BYTES_PER_SECOND = RATE * 2


class Span(NamedTuple):
    """A stretch of sound, in milliseconds from the beginning."""

    start_ms: int
    end_ms: int

    @property
    def bytes(self) -> tuple[int, int]:
        """Where its first sample begins and its last one ends."""
        per_ms = BYTES_PER_SECOND // 1000
        return self.start_ms * per_ms, self.end_ms * per_ms


class Sizes(NamedTuple):
    """The segments that a recogniser likes: runs are joined up to one length and cut at another."""

    merged_ms: int = 15_000
    longest_ms: int = 20_000


class Media(NamedTuple):
    """What a media file says of itself. `seconds` is None when its header does not tell."""

    container: str
    codec: str
    seconds: float | None


class Word(NamedTuple):
    """A word that was heard, in milliseconds from the beginning; confidence is 0 to 1."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float


def share(texts: Sequence[str], start_ms: int, end_ms: int, confidence: float) -> list[Word]:
    """Give each of some words a share of the time, in proportion to its length."""
    total = sum(len(text) + 1 for text in texts)
    words, done = list[Word](), 0
    for text in texts:
        start = start_ms + (end_ms - start_ms) * done // total
        done += len(text) + 1
        end = start_ms + (end_ms - start_ms) * done // total
        words.append(Word(start, end, text, confidence))
    return words


class Heard(NamedTuple):
    """What was heard in a piece of sound; `language` where that had to be found out."""

    words: list[Word]
    language: str | None = None


class Segment(NamedTuple):
    """A piece of a recording; `words` is None until it has been recognised.

    `version` counts the times that somebody has corrected it. Where `speaker` is named, all of its
    words are theirs: segments with several speakers come in pieces.
    """

    position: int
    start_ms: int
    end_ms: int
    words: list[Word] | None
    version: int = 0
    speaker: str | None = None

    @property
    def text(self) -> str:
        """The words in a row."""
        return " ".join(word.text for word in self.words or [])


class Recognised(NamedTuple):
    """A transcript as far as it is done, and what it is of. `language` is a BCP 47 tag."""

    name: str
    seconds: float
    language: str
    recogniser: str
    segments: list[Segment]

    @property
    def is_edited(self) -> bool:
        """Say whether somebody has corrected something in it."""
        return any(segment.version for segment in self.segments)
