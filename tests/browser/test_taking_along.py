"""Each format of a transcript is a download that programs of its kind can read."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
import srt
import webvtt
from playwright.sync_api import Page

from tests.support.recordings import FOLDER, TEXTS

NAME = "money.flac"


def read_subtitles(data: bytes) -> str:
    """Return the words of an srt file."""
    cues = list(srt.parse(data.decode()))
    assert all(cue.start < cue.end for cue in cues)
    return " ".join(cue.content for cue in cues)


def read_web_subtitles(data: bytes) -> str:
    """Return the words of a vtt file."""
    return " ".join(cue.text for cue in webvtt.from_string(data.decode()).captions)


def read_table(data: bytes) -> str:
    """Return the words of a tsv file."""
    return " ".join(line.split("\t")[2] for line in data.decode().splitlines()[1:])


def read_document(data: bytes) -> str:
    """Return the words of a Word document, without its title."""
    return " ".join(one.text for one in docx.Document(io.BytesIO(data)).paragraphs[1:])


READERS: dict[str, Callable[[bytes], str]] = {
    "txt": bytes.decode,
    "srt": read_subtitles,
    "vtt": read_web_subtitles,
    "json": lambda data: json.loads(data)["text"],
    "tsv": read_table,
    "docx": read_document,
}


@pytest.mark.usefixtures("one_worker")
def test_every_format_is_a_download_that_can_be_read(page: Page, tmp_path: Path) -> None:
    page.goto("/stt/")
    page.get_by_label("Recordings").set_input_files(FOLDER / NAME)
    page.get_by_role("button", name="Transcribe").click()
    page.get_by_text("Other formats").click()

    found = {}
    for kind, read in READERS.items():
        with page.expect_download() as download:
            page.get_by_role("link", name=f"({kind})").click()
        assert download.value.suggested_filename == f"money.{kind}"
        download.value.save_as(tmp_path / kind)
        found[kind] = " ".join(read((tmp_path / kind).read_bytes()).split())
    assert {kind: TEXTS[NAME] in text for kind, text in found.items()} == dict.fromkeys(
        READERS, True
    )
