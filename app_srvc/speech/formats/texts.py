"""A transcript to be read."""

from collections.abc import Iterable

from app_srvc.speech.durations import clock
from app_srvc.speech.sound import Recognised, Segment, Word

PARAGRAPH_PAUSE_MS = 1500


def words_by_paragraph(segments: Iterable[Segment]) -> list[list[Word]]:
    """Join segments to paragraphs; a longer pause begins a new one. None is empty."""
    found: list[list[Word]] = []
    for segment in segments:
        if not segment.words:
            continue
        if not found or segment.words[0].start_ms - found[-1][-1].end_ms > PARAGRAPH_PAUSE_MS:
            found.append([])
        found[-1] += segment.words
    return found


def paragraphs(segments: Iterable[Segment]) -> list[str]:
    """Return the text of each paragraph."""
    return [" ".join(word.text for word in words) for words in words_by_paragraph(segments)]


def plain(segments: Iterable[Segment]) -> str:
    """Return the text in paragraphs."""
    return "\n\n".join(paragraphs(segments))


def line(segments: Iterable[Segment]) -> str:
    """Return the text as one line."""
    return " ".join(paragraphs(segments))


def txt(recognised: Recognised) -> bytes:
    """Return the text in paragraphs, as a file."""
    return f"{plain(recognised.segments)}\n".encode()


def txt_with_times(recognised: Recognised) -> bytes:
    """Return the text in paragraphs, each with the time at which it begins, as a file."""
    timed = [
        f"[{clock(words[0].start_ms / 1000)}] {' '.join(word.text for word in words)}"
        for words in words_by_paragraph(recognised.segments)
    ]
    return ("\n\n".join(timed) + "\n").encode()
