"""Transcripts as text and subtitles."""

import csv
import io
import itertools
import json
import re
from html import unescape

import docx
import pytest
import srt
import webvtt

from app_srvc.speech.formats import FORMATS, texts
from app_srvc.speech.sound import Recognised, Segment, Word


def segment(position: int, start_ms: int, *texts: str, each_ms: int = 400) -> Segment:
    """Return a segment with these words, one after another."""
    words = [
        Word(start_ms + n * each_ms, start_ms + (n + 1) * each_ms - 50, text, 0.9)
        for n, text in enumerate(texts)
    ]
    end = words[-1].end_ms if words else start_ms + 1000
    return Segment(position, start_ms, end, words)


def written(kind: str, segments: list[Segment]) -> str:
    """Return a transcript in a format."""
    return file(kind, segments).decode()


def file(kind: str, segments: list[Segment]) -> bytes:
    """Return a transcript as a file."""
    return FORMATS[kind].write(Recognised("a talk.mp3", 12.5, "en-US", "sphinx", segments))


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


def test_a_longer_pause_begins_a_paragraph() -> None:
    text = written(
        "txt", [segment(0, 0, "one", "two"), segment(1, 1000, "three"), segment(2, 9000, "four")]
    )

    assert text == "one two three\n\nfour\n"


def test_an_empty_transcript_is_an_empty_text() -> None:
    assert written("txt", []) == "\n"
    assert written("srt", []) == ""
    assert texts.paragraphs([Segment(0, 0, 1000, [])]) == []


def test_subtitles_have_numbers_times_and_words() -> None:
    text = written("srt", [segment(0, 3_661_234, "hello", "world")])

    assert text == "1\n01:01:01,234 --> 01:01:01,984\nhello world\n"


def test_a_long_segment_becomes_cues_that_fit_the_screen() -> None:
    words = [f"word{n}" for n in range(60)]
    found = cues(written("srt", [segment(0, 0, *words)]))

    assert len(found) > 3
    for start, end, lines in found:
        assert len(lines) <= 2
        assert all(len(line) <= 42 for line in lines)
        assert start < end
    assert " ".join(" ".join(lines) for *_, lines in found).split() == words
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(found))


def test_a_word_longer_than_a_line_is_kept() -> None:
    ((_, _, lines),) = cues(written("srt", [segment(0, 0, "x" * 100)]))

    assert "".join(lines) == "x" * 100


def test_an_arrow_in_the_text_does_not_read_as_times() -> None:
    text = written("srt", [segment(0, 0, "a", "-->", "b")])

    assert text.count("-->") == 1
    assert "a → b" in text


TALK = [segment(0, 1000, "hello", "<world>", "&", "you"), segment(1, 9000, "good", "bye")]


def test_other_programs_read_our_subtitles() -> None:
    read_srt = list(srt.parse(written("srt", TALK)))
    read_vtt = webvtt.from_string(written("vtt", TALK)).captions

    assert [cue.content for cue in read_srt] == ["hello <world> & you", "good bye"]
    assert [cue.start.total_seconds() for cue in read_srt] == [1.0, 9.0]
    assert [unescape(cue.raw_text) for cue in read_vtt] == ["hello <world> & you", "good bye"]
    assert [cue.start for cue in read_vtt] == ["00:00:01.000", "00:00:09.000"]
    assert [cue.end for cue in read_vtt] == ["00:00:02.550", "00:00:09.750"]


def test_markup_in_the_words_is_no_markup_in_web_subtitles() -> None:
    assert "hello &lt;world&gt; &amp; you" in written("vtt", TALK)


def test_a_table_has_a_line_for_each_segment() -> None:
    rows = list(csv.reader(io.StringIO(written("tsv", TALK)), "excel-tab"))

    assert rows == [
        ["start", "end", "text"],
        ["1000", "2550", "hello <world> & you"],
        ["9000", "9750", "good bye"],
    ]


def test_a_document_has_the_name_and_the_paragraphs() -> None:
    document = docx.Document(io.BytesIO(file("docx", TALK)))

    texts = [paragraph.text for paragraph in document.paragraphs]
    about = "Length: 0:12. Recogniser: PocketSphinx. Language: English (United States)."
    assert texts == ["a talk.mp3", about, "hello <world> & you", "good bye"]


def test_the_verbose_form_has_segments_and_words_with_their_times() -> None:
    talk = json.loads(written("json", TALK))

    assert (talk["language"], talk["duration"]) == ("english", 12.5)
    assert talk["text"] == "hello <world> & you good bye"
    assert [(one["id"], one["start"], one["end"]) for one in talk["segments"]] == [
        (0, 1.0, 2.55),
        (1, 9.0, 9.75),
    ]
    assert talk["words"][-1] == {"word": "bye", "start": 9.4, "end": 9.75, "probability": 0.9}
    assert talk["segments"][0]["avg_logprob"] == pytest.approx(-0.105, abs=0.001)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_can_hold_nothing(kind: str) -> None:
    assert file(kind, []) is not None
    assert file(kind, [Segment(0, 0, 1000, [])]) is not None
