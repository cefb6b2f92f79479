"""A transcript as text and as subtitles."""

from collections.abc import Iterable, Iterator
from textwrap import wrap

from app_srvc.speech.sound import Segment, Word

PARAGRAPH_PAUSE_MS = 1500
# Subtitles: two lines of 42 characters for at most 7 seconds, as broadcasters' guides have it.
LINE_CHARACTERS = 42
CUE_CHARACTERS = 2 * LINE_CHARACTERS
CUE_MS = 7000
CUE_PAUSE_MS = 800


def clock(seconds: float) -> str:
    """Write a length of time for a person: 0:07, 61:00, and from two hours on 2:01:00."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def hours(seconds: float) -> str:
    """Write a limit for a person: 6 hours, 90 minutes."""
    if seconds % 3600 == 0:
        return f"{seconds // 3600:g} hour{'s' if seconds != 3600 else ''}"
    return f"{seconds / 60:g} minutes"


def paragraphs(segments: Iterable[Segment]) -> list[str]:
    """Join segments to paragraphs; a longer pause begins a new one."""
    texts: list[list[str]] = []
    last_end: int | None = None
    for segment in segments:
        if not segment.words:
            continue
        if last_end is None or segment.words[0].start_ms - last_end > PARAGRAPH_PAUSE_MS:
            texts.append([])
        texts[-1].append(segment.text)
        last_end = segment.words[-1].end_ms
    return [" ".join(text) for text in texts]


def txt(segments: Iterable[Segment]) -> str:
    """Return the text in paragraphs."""
    return "".join(f"{paragraph}\n\n" for paragraph in paragraphs(segments)).rstrip("\n") + "\n"


def srt(segments: Iterable[Segment]) -> str:
    """Return SubRip subtitles."""
    blocks = []
    for number, cue in enumerate(_cues(segments), start=1):
        # An arrow inside a cue's text would read as the line with its times.
        text = " ".join(word.text for word in cue).replace("-->", "→")
        lines = "\n".join(wrap(text, LINE_CHARACTERS, break_on_hyphens=False))
        times = f"{_srt_time(cue[0].start_ms)} --> {_srt_time(cue[-1].end_ms)}"
        blocks.append(f"{number}\n{times}\n{lines}\n")
    return "\n".join(blocks)


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


def _srt_time(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02},{rest:03}"
