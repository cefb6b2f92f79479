"""Times for the words of a text that somebody has corrected: those of the words that were heard.

A word that was heard keeps its time, whatever its capitals and its punctuation are now. What was
put in the place of others shares their time by length; what was added takes the pause where it
stands, or shares the time of the word beside it.
"""

import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

from app_srvc.speech.document.speaking import ENDS
from app_srvc.speech.sound import Word, share

# What a person has written is sure.
CERTAIN = 1.0
# A word that was added needs so much of a pause; a shorter one is shared with its neighbour.
SHORTEST_MS = 80


def align(heard: Sequence[Word], text: str, start_ms: int, end_ms: int) -> list[Word]:
    """Return the words of `text` with times, in order and within those of what was heard.

    Where nothing was heard the words are spread from `start_ms` to `end_ms`.
    """
    texts = text.split()
    if not heard:
        return share(texts, start_ms, end_ms, CERTAIN)
    matcher = SequenceMatcher(
        None, [_fold(word.text) for word in heard], [_fold(one) for one in texts], autojunk=False
    )
    found, waiting = list[Word](), list[str]()
    for kind, first, last, begin, stop in matcher.get_opcodes():
        if kind == "equal":
            kept = [
                _written(word, one)
                for word, one in zip(heard[first:last], texts[begin:stop], strict=True)
            ]
            found += _shared([*waiting, kept[0].text], kept[0]) if waiting else kept[:1]
            found += kept[1:]
            waiting = []
        elif kind == "replace":
            start, end = heard[first].start_ms, heard[last - 1].end_ms
            found += share(texts[begin:stop], start, end, CERTAIN)
        elif kind == "insert":
            waiting = _add(found, texts[begin:stop], heard[first:], end_ms)
    return found


def _add(found: list[Word], texts: list[str], following: Sequence[Word], end_ms: int) -> list[str]:
    """Add words behind those that were found; return those for which only what follows has time.

    That is what comes behind the end of a sentence as well: it may be somebody else's.
    """
    if not found:
        return texts
    before = found[-1]
    ends = [number for number, text in enumerate((before.text, *texts)) if ENDS.search(text)]
    cut = ends[-1] if ends and following else len(texts)
    waiting, texts = texts[cut:], texts[:cut]
    until = following[0].start_ms if following else max(end_ms, before.end_ms)
    if until - before.end_ms >= SHORTEST_MS * len(texts):
        found += share(texts, before.end_ms, until, CERTAIN)
    else:
        found[-1:] = _shared([before.text, *texts], before)
    return waiting


def _written(word: Word, text: str) -> Word:
    return word if word.text == text else word._replace(text=text, confidence=CERTAIN)


def _shared(texts: Sequence[str], word: Word) -> list[Word]:
    """Share the time of a word among several; it stays as sure as it was."""
    spread = share(texts, word.start_ms, word.end_ms, CERTAIN)
    return [
        one._replace(confidence=word.confidence) if one.text == word.text else one for one in spread
    ]


def _fold(text: str) -> str:
    bare = "".join(ch for ch in text.casefold() if unicodedata.category(ch)[0] not in "PS")
    return bare or text
