"""Words with times, made out of what recognisers say."""

from collections.abc import Iterable

from app_srvc.speech.sound import BYTES_PER_SECOND, Word, share


def length_ms(samples: bytes) -> int:
    """Return how long samples last."""
    return len(samples) * 1000 // BYTES_PER_SECOND


def word(start: float, end: float, text: str, confidence: float) -> Word:
    """Make a word of times in seconds."""
    known = round(float(min(1.0, max(0.0, confidence))), 3)
    return Word(round(start * 1000), round(end * 1000), text.strip(), known)


def spread(text: str, start_ms: int, end_ms: int, confidence: float = 1.0) -> list[Word]:
    """Give each word of a text a share of the time."""
    return share(text.split(), start_ms, end_ms, confidence)


def in_order(words: Iterable[Word], longest_ms: int) -> list[Word]:
    """Return words that lie within the sound and do not overlap; those without letters are gone.

    Models place words a little outside or over one another. One that is put behind the end of the
    sound is left there without a length.
    """
    kept: list[Word] = []
    last = 0
    for one in words:
        if not one.text:
            continue
        start = min(max(one.start_ms, last), longest_ms)
        last = min(max(one.end_ms, start), longest_ms)
        kept.append(one._replace(start_ms=start, end_ms=last))
    return kept
