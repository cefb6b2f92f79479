"""The page of a transcript: find, times, what it says when there is nothing to read."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from tests.support import transcripts
from tests.support.pages import look, press, upload
from tests.support.people import guest
from tests.support.recordings import recording


def sent(client: FlaskClient, name: str = "days.flac") -> str:
    """Send a recording and return its job."""
    return upload(client, (recording("days.flac"), name)).location.rpartition("/")[2]


def marked(page: str) -> list[str]:
    """Return what is marked on a page."""
    found = re.findall(r"<mark[^>]*>(.*?)</mark>", page)
    return [re.sub(r"<[^>]+>", "", text) for text in found]


def test_without_scripts_the_server_marks_what_is_searched_for(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "Monday was cold", "it was a cold, windy monday")

    page = look(client, f"/stt/{job_id}?q=was+cold").text
    assert marked(page) == ["was cold"]
    assert "1 found" in page
    page = look(client, f"/stt/{job_id}?q=MONDAY").text
    assert marked(page) == ["Monday", "monday"]
    assert 'id="hit-1"' in page
    assert 'id="hit-2"' in page
    assert "0 found" in look(client, f"/stt/{job_id}?q=tuesday").text


def test_a_hit_does_not_go_over_the_end_of_a_paragraph(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "one two", "three four")

    assert marked(look(client, f"/stt/{job_id}?q=two+three").text) == []


def test_words_and_queries_are_shown_and_never_run(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "<b>bold</b> & brave")

    page = look(client, f"/stt/{job_id}?q=%22%3E%3Cscript%3E").text
    assert "&lt;b&gt;bold&lt;/b&gt;</span>" in page
    assert "<b>" not in page
    assert '"><script>' not in page


def test_times_can_be_hidden_and_the_browser_remembers_it(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "one two", "three")
    page = look(client, f"/stt/{job_id}").text
    assert "without-times" not in page
    assert "transcript.txt?times=1" in page

    look(client, f"/stt/{job_id}?times=off")
    page = look(client, f"/stt/{job_id}").text
    assert "without-times" in page
    assert "transcript.txt?times=1" not in page
    assert "without-times" not in look(client, f"/stt/{job_id}?times=on").text
    assert "without-times" not in look(client, f"/stt/{job_id}").text


def test_a_text_can_be_had_with_its_times(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "one two", "three")

    assert client.get(f"/stt/{job_id}/transcript.txt").text == "one two\n\nthree\n"
    timed = client.get(f"/stt/{job_id}/transcript.txt?times=1").text
    assert timed == "[0:00] one two\n\n[0:03] three\n"


def test_the_transcript_is_in_its_own_language(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "guten Tag")
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE transcripts SET language = 'de-CH'")

    assert re.search(r'id="transcript"[^>]* lang="de-CH"', look(client, f"/stt/{job_id}").text)


def test_it_says_how_many_words_are_doubtful(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "monday tuesday friday", doubtful="tuesday")

    page = look(client, f"/stt/{job_id}").text
    assert "the recogniser is not sure: 1 of 3." in page
    assert re.findall(r'class="word doubtful"[^>]*>(\w+)<', page) == ["tuesday"]


def test_where_nobody_speaks_it_says_what_to_do(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "")

    page = look(client, f"/stt/{job_id}").text
    assert "No speech was found" in page
    assert "Send another recording" in page
    assert 'id="find"' not in page


def test_a_failed_transcript_shows_what_there_is(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.fail(job_id, "monday tuesday", "friday")

    page = look(client, f"/stt/{job_id}?q=friday").text
    assert marked(page) == ["friday"]
    assert "Download text (txt)" in page
    assert "goes on from this place" in page


def test_a_cancelled_one_without_a_word_says_so(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    press(client, f"/jobs/{job_id}/cancel")

    assert "It ended before a word was recognised." in look(client, f"/stt/{job_id}").text


@pytest.mark.parametrize(
    ("title", "file"),
    [
        ("talk.flac", "talk.txt"),
        ("Meeting of 3. March", "Meeting of 3. March.txt"),
        ("No.5", "No.5.txt"),
        ("a.b.webm", "a.b.txt"),
    ],
)
def test_a_download_is_called_like_the_recording(app: Flask, title: str, file: str) -> None:
    client = guest(app)
    job_id = sent(client, "days.flac")
    press(client, f"/stt/{job_id}/name", title=title)

    header = client.get(f"/stt/{job_id}/transcript.txt").headers["Content-Disposition"]
    assert header.rpartition("filename=")[2].strip('"') == file
