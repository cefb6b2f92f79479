"""A transcript to be read."""

from collections.abc import Iterable
from typing import NamedTuple

from app_srvc.speech.durations import clock
from app_srvc.speech.sound import Recognised, Segment, Word

PARAGRAPH_PAUSE_MS = 1500


class Paragraph(NamedTuple):
    """Segments, or pieces of them, that are read together; `speaker` is who says them all."""

    speaker: str | None
    segments: list[Segment]

    @property
    def words(self) -> list[Word]:
        """Its words; there is at least one."""
        return [word for segment in self.segments for word in segment.words or []]

    @property
    def text(self) -> str:
        """Its words in a row."""
        return " ".join(word.text for word in self.words)

    @property
    def line(self) -> str:
        """The same behind the speaker's name, if there is one."""
        return f"{self.speaker}: {self.text}" if self.speaker else self.text


def by_paragraph(segments: Iterable[Segment]) -> list[Paragraph]:
    """Join segments to paragraphs; a longer pause or another speaker begins a new one."""
    found: list[Paragraph] = []
    end_ms = 0
    for segment in segments:
        if not segment.words:
            continue
        pause_ms = segment.words[0].start_ms - end_ms
        if not found or pause_ms > PARAGRAPH_PAUSE_MS or segment.speaker != found[-1].speaker:
            found.append(Paragraph(segment.speaker, []))
        found[-1].segments.append(segment)
        end_ms = segment.words[-1].end_ms
    return found


def paragraphs(segments: Iterable[Segment]) -> list[str]:
    """Return the text of each paragraph, without names."""
    return [paragraph.text for paragraph in by_paragraph(segments)]


def plain(segments: Iterable[Segment]) -> str:
    """Return the text in paragraphs, without names."""
    return "\n\n".join(paragraphs(segments))


def line(segments: Iterable[Segment]) -> str:
    """Return the text as one line, without names."""
    return " ".join(paragraphs(segments))


def txt(recognised: Recognised) -> bytes:
    """Return the text in paragraphs, each with its speaker, as a file."""
    lines = [paragraph.line for paragraph in by_paragraph(recognised.segments)]
    return ("\n\n".join(lines) + "\n").encode()


def txt_with_times(recognised: Recognised) -> bytes:
    """Return the same, each paragraph with the time at which it begins, as a file."""
    timed = [
        f"[{clock(paragraph.words[0].start_ms / 1000)}] {paragraph.line}"
        for paragraph in by_paragraph(recognised.segments)
    ]
    return ("\n\n".join(timed) + "\n").encode()
