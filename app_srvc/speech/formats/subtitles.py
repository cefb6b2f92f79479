"""A transcript for a film: SubRip and WebVTT."""

from collections.abc import Iterable, Iterator
from html import escape
from textwrap import wrap

from app_srvc.speech.sound import Recognised, Segment, Word

# Subtitles: two lines of 42 characters for at most 7 seconds, as broadcasters' guides have it.
LINE_CHARACTERS = 42
CUE_CHARACTERS = 2 * LINE_CHARACTERS
CUE_MS = 7000
CUE_PAUSE_MS = 800


def srt(recognised: Recognised) -> bytes:
    """Return SubRip subtitles."""
    blocks = [
        f"{number}\n{_times(cue, ',')}\n{_lines(cue)}\n"
        for number, cue in enumerate(_cues(recognised.segments), start=1)
    ]
    return "\n".join(blocks).encode()


def vtt(recognised: Recognised) -> bytes:
    """Return WebVTT subtitles."""
    blocks = [
        f"{_times(cue, '.')}\n{escape(_lines(cue), quote=False)}\n"
        for cue in _cues(recognised.segments)
    ]
    return "\n".join(["WEBVTT\n", *blocks]).encode()


def _times(cue: list[Word], point: str) -> str:
    return f"{_time(cue[0].start_ms, point)} --> {_time(cue[-1].end_ms, point)}"


def _lines(cue: list[Word]) -> str:
    # An arrow inside a cue's text would read as the line with its times.
    text = " ".join(word.text for word in cue).replace("-->", "→")
    return "\n".join(wrap(text, LINE_CHARACTERS, break_on_hyphens=False))


def _cues(segments: Iterable[Segment]) -> Iterator[list[Word]]:
    """Cut segments into what fits on the screen at once; a cue never spans two segments."""
    for segment in segments:
        cue: list[Word] = []
        for word in segment.words or []:
            if cue and not _fits(cue, word):
                yield cue
                cue = []
            cue.append(word)
        if cue:
            yield cue


def _fits(cue: list[Word], word: Word) -> bool:
    length = sum(len(one.text) + 1 for one in cue) + len(word.text)
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
