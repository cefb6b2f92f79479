"""A transcript to be read."""

from collections.abc import Iterable

from app_srvc.speech.sound import Recognised, Segment

PARAGRAPH_PAUSE_MS = 1500


def paragraphs(segments: Iterable[Segment]) -> list[str]:
    """Join segments to paragraphs; a longer pause begins a new one."""
    found: list[list[str]] = []
    last_end: int | None = None
    for segment in segments:
        if not segment.words:
            continue
        if last_end is None or segment.words[0].start_ms - last_end > PARAGRAPH_PAUSE_MS:
            found.append([])
        found[-1].append(segment.text)
        last_end = segment.words[-1].end_ms
    return [" ".join(text) for text in found]


def plain(segments: Iterable[Segment]) -> str:
    """Return the text in paragraphs."""
    return "\n\n".join(paragraphs(segments))


def txt(recognised: Recognised) -> bytes:
    """Return the text in paragraphs, as a file."""
    return f"{plain(recognised.segments)}\n".encode()
