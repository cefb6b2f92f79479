"""Who says what: by the moments from which on somebody speaks, whatever the words there are."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from app_srvc.speech.sound import Segment, Word

# Later than any word.
END_MS = 2_000_000_000

# Where a sentence ends, in the scripts that recognisers write.
ENDS = re.compile(r"[.!?\u2026\u3002\uff01\uff1f\u0964\u061f][\"'\u201d\u2019\u00bb)\]]*$")


class Turn(NamedTuple):
    """From this moment on somebody speaks; None: nobody who was named."""

    start_ms: int
    speaker: str | None


class Sentence(NamedTuple):
    """What can be said to be somebody's: from its first word to that of the next sentence."""

    position: int
    start_ms: int
    stop_ms: int
    text: str
    speaker: str | None


def by_speaker(segments: Sequence[Segment], turns: Sequence[Turn]) -> list[Segment]:
    """Cut segments where another one begins to speak, and say whose each piece is."""
    if not turns:
        return list(segments)
    starts = [turn.start_ms for turn in turns]

    def speaker_of(word: Word) -> str | None:
        at = bisect_right(starts, word.start_ms) - 1
        return turns[at].speaker if at >= 0 else None

    found = list[Segment]()
    for segment in segments:
        pieces = list(_pieces(segment, [speaker_of(word) for word in segment.words or []]))
        found += pieces or [segment]
    return found


def sentences(segments: Sequence[Segment]) -> list[Sentence]:
    """Return the sentences of segments that are cut by speaker."""
    found = [(segment, words) for segment in segments for words in _sentences(segment.words or [])]
    starts = [words[0].start_ms for _, words in found] + [END_MS]
    return [
        Sentence(
            segment.position,
            starts[number],
            max(starts[number + 1], starts[number] + 1),
            " ".join(word.text for word in words),
            segment.speaker,
        )
        for number, (segment, words) in enumerate(found)
    ]


def _pieces(segment: Segment, speakers: list[str | None]) -> Iterator[Segment]:
    words = segment.words or []
    borders = [0, *(n for n in range(1, len(words)) if speakers[n] != speakers[n - 1]), len(words)]
    for first, last in pairwise(borders):
        if first == last:
            continue
        yield segment._replace(
            start_ms=segment.start_ms if first == 0 else words[first].start_ms,
            end_ms=segment.end_ms if last == len(words) else words[last - 1].end_ms,
            words=words[first:last],
            speaker=speakers[first],
        )


def _sentences(words: list[Word]) -> Iterator[list[Word]]:
    sentence = list[Word]()
    for word in words:
        sentence.append(word)
        if ENDS.search(word.text):
            yield sentence
            sentence = []
    if sentence:
        yield sentence
