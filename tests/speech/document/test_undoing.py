"""Delete a transcript, and think better of it."""

from collections.abc import Callable

import pytest
from flask import Flask

from app_srvc import db, storage
from app_srvc.accounts import tasks
from app_srvc.jobs import deleting
from tests.speech.document.support import JSON, correct, count, send, text_of, transcript
from tests.speech.test_reading import sent
from tests.support import transcripts
from tests.support.pages import HTML, look, press
from tests.support.people import guest, operator
from tests.support.registering import person
from tests.support.registering import send as send_form
from tests.support.rows import rows, scalar


def test_it_is_gone_at_once_and_back_with_all_that_it_had(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "monday was gold", name="Board.wav")
    correct(client, job_id, "Monday was cold")

    assert press(client, f"/jobs/{job_id}/delete?back=result").location == "/stt/transcripts"
    page = look(client, "/stt/transcripts").text
    assert "Board.wav was deleted." in page
    assert f'action="/jobs/{job_id}/undo?back=result"' in page
    for path in (f"/stt/{job_id}", f"/jobs/{job_id}", f"/stt/{job_id}/recording",
                 f"/stt/{job_id}/transcript.txt", f"/api/jobs/{job_id}"):  # fmt: skip
        assert client.get(path, headers=HTML).status_code == 404
    assert f'href="/stt/{job_id}"' not in look(client, "/jobs/").text
    told = client.get("/stt/transcripts?q=monday", headers=JSON).json
    assert told == {"transcripts": [], "older": None}

    assert press(client, f"/jobs/{job_id}/undo?back=result").location == f"/stt/{job_id}"
    assert text_of(client, job_id) == "Monday was cold\n"
    assert client.get(f"/stt/{job_id}/recording").status_code == 200
    assert "Undo" not in look(client, "/stt/transcripts").text
    assert press(client, f"/jobs/{job_id}/undo?back=result").status_code == 404


def test_files_go_when_the_time_is_over_and_not_before(
    app: Flask, setting: Callable[..., None]
) -> None:
    client = guest(app)
    job_id = transcript(client, "cold")
    press(client, f"/jobs/{job_id}/delete?back=result")
    assert deleting.forget_old(10) == 0
    storage.sweep()
    assert count("jobs") == count("files") == 1

    setting(undo_minutes=0)
    assert press(client, f"/jobs/{job_id}/undo?back=result").status_code == 404
    assert deleting.forget_old(10) == 1
    storage.sweep()
    assert count("jobs") == count("files") == count("transcripts") == count("recordings") == 0


def test_retention_ends_it_earlier(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "cold")
    press(client, f"/jobs/{job_id}/delete?back=result")
    with db.transaction() as conn:
        conn.cursor().execute("UPDATE jobs SET ended_at = now() - interval '1000 days'")

    assert deleting.forget_old(10) == 1
    assert press(client, f"/jobs/{job_id}/undo?back=result").status_code == 404


def test_a_job_that_has_been_brought_back_is_not_swept(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "cold")
    press(client, f"/jobs/{job_id}/delete?back=result")
    press(client, f"/jobs/{job_id}/undo?back=result")

    assert deleting.forget_old(10) == 0
    assert scalar("SELECT deleted_at FROM jobs") is None


def test_what_has_not_ended_is_cancelled_first(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)

    assert press(client, f"/jobs/{job_id}/delete?back=result").status_code == 409
    assert press(client, f"/jobs/{job_id}/cancel").status_code == 303
    assert press(client, f"/jobs/{job_id}/delete?back=result").status_code == 303
    assert press(client, f"/jobs/{job_id}/retry").status_code == 404


def test_nobody_deletes_or_brings_back_what_is_somebody_elses(app: Flask) -> None:
    client, other = guest(app), guest(app)
    job_id = transcript(client, "cold")

    assert press(other, f"/jobs/{job_id}/delete?back=result").status_code == 404
    press(client, f"/jobs/{job_id}/delete?back=result")
    assert press(other, f"/jobs/{job_id}/undo?back=result").status_code == 404
    assert "Undo" not in look(other, "/stt/transcripts").text
    assert press(operator(app), f"/jobs/{job_id}/undo?back=result").status_code == 303


def test_other_transcripts_of_the_recording_stay(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "cold")
    again = press(client, f"/stt/{job_id}/again").location
    transcripts.finish(again.removeprefix("/stt/"), "gold")

    press(client, f"/jobs/{job_id}/delete?back=result")
    page = look(client, again).text
    assert f'href="/stt/{job_id}"' not in page
    assert "The recording stays" not in page
    press(client, f"{again}/name", title="Board")
    press(client, f"/jobs/{job_id}/undo?back=result")
    assert "Board" in look(client, f"/jobs/{job_id}").text


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_deleted_account_leaves_no_correction_link_or_name(app: Flask, is_deleted: bool) -> None:
    client = person(app)
    job_id = transcript(client, "monday was gold")
    correct(client, job_id, "Monday")
    send(client, f"/stt/{job_id}/shares")
    send(client, f"/stt/{job_id}/speakers", said="0-900", name="Ann")
    if is_deleted:
        press(client, f"/jobs/{job_id}/delete?back=result")
    owner = str(scalar("SELECT owner FROM jobs WHERE task = 'speech.transcribe'"))

    send_form(client, "/account/delete", "/account/", password="ann's own password")
    if scalar("SELECT count(*) FROM users"):
        with db.transaction() as conn:
            conn.cursor().execute("DELETE FROM users")
    tasks.erase(owner)
    for table in ("transcripts", "segment_edits", "shares", "speakers", "speaker_turns"):
        assert rows(f"SELECT * FROM {table}") == []
