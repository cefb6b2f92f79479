"""The same recording once more."""

from flask import Flask

from app_srvc import db, storage
from app_srvc.jobs import deleting
from app_srvc.jobs.states import State
from app_srvc.speech import tasks
from app_srvc.speech.repository import recordings
from tests.speech.test_reading import sent
from tests.support import transcripts
from tests.support.pages import look, press, upload
from tests.support.people import guest, operator, program
from tests.support.recordings import TEXTS, recording
from tests.support.workers import job


def again(app: Flask, job_id: str, **fields: str) -> str:
    """Order another transcript as an operator, who sees all, and return its job."""
    return press(operator(app), f"/stt/{job_id}/again", **fields).location.rpartition("/")[2]


def test_a_recording_is_transcribed_again_without_being_sent_again(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "monday")

    assert "Transcribe again" in look(client, f"/stt/{job_id}").text
    response = press(client, f"/stt/{job_id}/again")
    assert response.status_code == 303
    new_id = response.location.rpartition("/")[2]
    assert new_id != job_id
    assert job(new_id).state == State.WAITING
    tasks.transcribe(new_id)
    assert client.get(f"/stt/{new_id}/transcript.txt").text.split() == TEXTS["days.flac"].split()
    assert client.get(f"/stt/{job_id}/transcript.txt").text == "monday\n"
    with db.transaction() as conn:
        first, second = recordings.find(conn, job_id), recordings.find(conn, new_id)
    assert first is not None
    assert second is not None
    assert first.recording_id == second.recording_id
    assert first.file_key == second.file_key


def test_each_transcript_leads_to_the_others(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    assert "Also transcribed" not in look(client, f"/stt/{job_id}").text
    location = press(client, f"/stt/{job_id}/again").location

    page = look(client, f"/stt/{job_id}").text
    assert "Also transcribed" in page
    assert f'href="{location}"' in page
    assert f'href="/stt/{job_id}"' in look(client, location).text


def test_what_an_operator_orders_is_for_the_recordings_owner(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)

    new_id = again(app, job_id)
    assert look(client, f"/stt/{new_id}").status_code == 200
    assert look(guest(app), f"/stt/{new_id}").status_code == 404


def test_the_id_of_what_is_nobodys_is_given_to_nobody(app: Flask) -> None:
    answer = upload(program(app), (recording("days.flac"), "days.flac"), path="/stt/task")
    assert answer.json is not None
    open_id = answer.json["job_id"]
    program(app).post(f"/stt/{open_id}/again")
    stranger = guest(app)

    mine = press(stranger, f"/stt/{open_id}/again").location
    assert "Also transcribed" not in look(guest(app), f"/stt/{open_id}").text
    assert "Also transcribed" not in look(stranger, mine).text
    assert look(guest(app), mine).status_code == 404


def test_while_another_transcript_is_made_the_recording_stays(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "monday")
    new = press(client, f"/stt/{job_id}/again").location

    deleting.delete(job_id)
    storage.sweep()
    assert look(client, f"/stt/{job_id}").status_code == 404
    assert client.get(f"{new}/recording").data == recording("days.flac")


def test_what_is_left_of_the_transcripts_keeps_the_recording(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "monday")
    new = press(client, f"/stt/{job_id}/again").location
    transcripts.finish(new.rpartition("/")[2], "monday")

    assert "The recording stays" in look(client, f"/stt/{job_id}").text
    deleting.delete(job_id)
    storage.sweep()
    assert client.get(f"{new}/recording").data == recording("days.flac")
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT expires_at IS NULL AND released_at IS NOT NULL FROM files")
        assert cur.fetchone() == (True,)


def test_when_the_last_transcript_goes_the_recording_goes(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    new = press(client, f"/stt/{job_id}/again").location
    transcripts.finish(job_id, "monday")
    transcripts.finish(new.rpartition("/")[2], "monday")

    deleting.delete(job_id)
    deleting.delete(new.removeprefix("/stt/"))
    storage.sweep()
    with db.transaction() as conn, conn.cursor() as cur:
        for table in ("recordings", "files", "transcripts"):
            cur.execute(f"SELECT count(*) FROM {table}")
            assert cur.fetchone() == (0,), table


def test_without_the_recording_there_is_no_other_transcript(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.finish(job_id, "monday")
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("DELETE FROM files")

    assert "Transcribe again" not in look(client, f"/stt/{job_id}").text
    refused = press(client, f"/stt/{job_id}/again")
    assert refused.status_code == 409
    assert "no longer kept" in refused.text


def test_a_recogniser_that_is_not_there_is_refused(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)

    refused = press(client, f"/stt/{job_id}/again", **{"with": "oracle en-US"})
    assert refused.status_code == 422
    assert "There is no recogniser called oracle" in refused.text


def test_nobody_transcribes_what_is_somebody_elses(app: Flask) -> None:
    job_id = sent(guest(app))

    assert press(guest(app), f"/stt/{job_id}/again").status_code == 404
