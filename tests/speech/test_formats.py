"""Transcripts as text and subtitles."""

import itertools
import re

import pytest

from app_srvc.speech import formats
from app_srvc.speech.sound import Segment, Word


def segment(position: int, start_ms: int, *texts: str, each_ms: int = 400) -> Segment:
    """Return a segment with these words, one after another."""
    words = [
        Word(start_ms + n * each_ms, start_ms + (n + 1) * each_ms - 50, text, 0.9)
        for n, text in enumerate(texts)
    ]
    end = words[-1].end_ms if words else start_ms + 1000
    return Segment(position, start_ms, end, words)


def cues(text: str) -> list[tuple[str, str, list[str]]]:
    """Read SubRip: start, end, lines."""
    found = []
    for number, block in enumerate(text.strip().split("\n\n"), start=1):
        lines = block.split("\n")
        assert lines[0] == str(number)
        match = re.fullmatch(r"(\d\d:\d\d:\d\d,\d{3}) --> (\d\d:\d\d:\d\d,\d{3})", lines[1])
        assert match is not None
        found.append((match.group(1), match.group(2), lines[2:]))
    return found


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0:00"),
        (7.4, "0:07"),
        (59.6, "1:00"),
        (3660, "61:00"),
        (7200, "2:00:00"),
        (36610, "10:10:10"),
    ],
)
def test_a_length_of_time_is_written_for_people(seconds: float, shown: str) -> None:
    assert formats.clock(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(3600, "1 hour"), (21600, "6 hours"), (5400, "90 minutes")]
)
def test_a_limit_is_written_for_people(seconds: float, shown: str) -> None:
    assert formats.hours(seconds) == shown


def test_a_longer_pause_begins_a_paragraph() -> None:
    text = formats.txt(
        [segment(0, 0, "one", "two"), segment(1, 1000, "three"), segment(2, 9000, "four")]
    )

    assert text == "one two three\n\nfour\n"


def test_an_empty_transcript_is_an_empty_text() -> None:
    assert formats.txt([]) == "\n"
    assert formats.srt([]) == ""
    assert formats.paragraphs([Segment(0, 0, 1000, [])]) == []


def test_subtitles_have_numbers_times_and_words() -> None:
    text = formats.srt([segment(0, 3_661_234, "hello", "world")])

    assert text == "1\n01:01:01,234 --> 01:01:01,984\nhello world\n"


def test_a_long_segment_becomes_cues_that_fit_the_screen() -> None:
    words = [f"word{n}" for n in range(60)]
    found = cues(formats.srt([segment(0, 0, *words)]))

    assert len(found) > 3
    for start, end, lines in found:
        assert len(lines) <= 2
        assert all(len(line) <= 42 for line in lines)
        assert start < end
    assert " ".join(" ".join(lines) for *_, lines in found).split() == words
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(found))


def test_a_word_longer_than_a_line_is_kept() -> None:
    ((_, _, lines),) = cues(formats.srt([segment(0, 0, "x" * 100)]))

    assert "".join(lines) == "x" * 100


def test_an_arrow_in_the_text_does_not_read_as_times() -> None:
    text = formats.srt([segment(0, 0, "a", "-->", "b")])

    assert text.count("-->") == 1
    assert "a → b" in text
