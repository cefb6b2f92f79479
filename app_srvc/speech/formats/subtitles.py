"""A transcript for a film: SubRip and WebVTT."""

from collections.abc import Iterable, Iterator
from html import escape
from textwrap import wrap
from typing import NamedTuple

from app_srvc.speech.sound import Recognised, Segment, Word

# Subtitles: two lines of 42 characters for at most 7 seconds, as broadcasters' guides have it.
LINE_CHARACTERS = 42
CUE_CHARACTERS = 2 * LINE_CHARACTERS
CUE_MS = 7000
CUE_PAUSE_MS = 800


class Cue(NamedTuple):
    """Words that are on the screen at once, and who says them; `prefix` is shown before them."""

    speaker: str | None
    prefix: str
    words: list[Word]


def srt(recognised: Recognised) -> bytes:
    """Return SubRip subtitles; the speaker's name stands before what they say."""
    blocks = [
        f"{number}\n{_times(cue.words, ',')}\n{_lines(cue.words, cue.prefix)}\n"
        for number, cue in enumerate(_cues(recognised.segments, with_names=True), start=1)
    ]
    return "\n".join(blocks).encode()


def vtt(recognised: Recognised) -> bytes:
    """Return WebVTT subtitles; voice tags say who speaks."""
    blocks = [
        f"{_times(cue.words, '.')}\n{_voice(cue)}{escape(_lines(cue.words), quote=False)}\n"
        for cue in _cues(recognised.segments)
    ]
    return "\n".join(["WEBVTT\n", *blocks]).encode()


def _voice(cue: Cue) -> str:
    return f"<v {escape(cue.speaker, quote=False)}>" if cue.speaker else ""


def _times(cue: list[Word], point: str) -> str:
    return f"{_time(cue[0].start_ms, point)} --> {_time(cue[-1].end_ms, point)}"


def _lines(cue: list[Word], prefix: str = "") -> str:
    # An arrow inside a cue's text would read as the line with its times.
    text = (prefix + " ".join(word.text for word in cue)).replace("-->", "→")
    return "\n".join(wrap(text, LINE_CHARACTERS, break_on_hyphens=False))


def _cues(segments: Iterable[Segment], *, with_names: bool = False) -> Iterator[Cue]:
    """Cut segments into what fits on the screen at once; a cue never spans two segments."""
    for segment in segments:
        prefix = f"{segment.speaker}: " if with_names and segment.speaker else ""
        cue: list[Word] = []
        for word in segment.words or []:
            if cue and not _fits(cue, word, len(prefix)):
                yield Cue(segment.speaker, prefix, cue)
                cue = []
            cue.append(word)
        if cue:
            yield Cue(segment.speaker, prefix, cue)


def _fits(cue: list[Word], word: Word, taken: int) -> bool:
    length = taken + sum(len(one.text) + 1 for one in cue) + len(word.text)
    return (
        length <= CUE_CHARACTERS - LINE_CHARACTERS // 4
        and word.end_ms - cue[0].start_ms <= CUE_MS
        and word.start_ms - cue[-1].end_ms <= CUE_PAUSE_MS
    )


def _time(ms: int, point: str) -> str:
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{rest:03}"
