"""Giving a recording another name."""

import re

import pytest
from flask import Flask

from tests.speech.test_reading import sent
from tests.support.pages import HTML, look, press
from tests.support.people import guest


def test_a_new_name_is_everywhere(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)

    response = press(client, f"/stt/{job_id}/name", title="  Board of 3. March ")
    assert response.status_code == 303
    assert response.location == f"/stt/{job_id}"
    assert "<h1>Board of 3. March</h1>" in look(client, f"/stt/{job_id}").text
    for page in ("/jobs/", f"/jobs/{job_id}"):
        assert "Board of 3. March" in look(client, page).text
        assert "days.flac" not in look(client, page).text


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("", "Please give it a name."),
        ("   ", "Please give it a name."),
        ("x" * 201, "A name has at most 200 characters."),
    ],
)
def test_a_name_that_is_none_is_said_beside_the_field(
    app: Flask, title: str, sentence: str
) -> None:
    client = guest(app)
    job_id = sent(client)

    response = press(client, f"/stt/{job_id}/name", title=title)
    assert response.status_code == 422
    assert re.search(rf'id="title-errors"[^>]*>{sentence}<', response.text)
    assert '<details class="rename" open>' in response.text
    assert f'value="{title.strip()}"' in response.text
    assert "<h1>days.flac</h1>" in look(client, f"/stt/{job_id}").text


def test_a_name_is_cleaned_like_that_of_a_file(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)

    press(client, f"/stt/{job_id}/name", title=" one\u202e\x07 line\nonly")
    assert "<h1>one line only</h1>" in look(client, f"/stt/{job_id}").text


def test_all_transcripts_of_a_recording_have_its_name(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    other = press(client, f"/stt/{job_id}/again").location

    press(client, f"/stt/{job_id}/name", title="Board")
    assert "<h1>Board</h1>" in look(client, other).text
    assert "days.flac" not in look(client, "/jobs/").text


def test_nobody_renames_what_is_somebody_elses(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)

    assert press(guest(app), f"/stt/{job_id}/name", title="Mine").status_code == 404
    assert "<h1>days.flac</h1>" in look(client, f"/stt/{job_id}").text


def test_another_site_cannot_rename(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)

    refused = client.post(f"/stt/{job_id}/name", data={"title": "Mine"}, headers=HTML)
    assert refused.status_code == 400
    assert "<h1>days.flac</h1>" in look(client, f"/stt/{job_id}").text


def test_a_stroke_in_a_title_cuts_nothing_off(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    press(client, f"/stt/{job_id}/name", title="AC/DC, 12/05")

    assert "<h1>AC\u2215DC, 12\u221505</h1>" in look(client, f"/stt/{job_id}").text
