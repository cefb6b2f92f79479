"""From upload to text on a real worker: the task, its pages and its API."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app_srvc import db, storage
from app_srvc.errors import PermanentError
from app_srvc.jobs import deleting
from app_srvc.jobs.states import State
from app_srvc.speech import recognisers, tasks
from app_srvc.speech.repository import recordings, segments
from app_srvc.speech.sound import Heard, Span, Word
from tests.conftest import Servers
from tests.support import media
from tests.support.pages import look, press, upload
from tests.support.people import guest, program
from tests.support.performing import perform
from tests.support.recordings import TEXTS, recording
from tests.support.workers import Workers, job, wait_for, wait_for_end, wait_for_state

LONG = ["days.flac", "money.flac", "water.flac", "house.flac"]


def job_id_of(response: TestResponse) -> str:
    """Return the job that a submission made."""
    if response.json is not None:
        return str(response.json["job_id"])
    return response.location.rpartition("/")[2]


def submit(client: FlaskClient, data: bytes, name: str = "talk.flac") -> str:
    """Send one file as a program does."""
    response = upload(client, (data, name), path="/stt/task")
    assert response.status_code == 202, response.text
    return job_id_of(response)


def words_on(page: str) -> list[str]:
    """Return the words of a finished transcript's page."""
    return re.findall(r'<span class="word[^>]*>([^<]*)</span>', page)


def long_recording() -> bytes:
    """Return a recording of four sentences with pauses."""
    return media.encode(media.joined(LONG), "flac", "flac")


def test_a_recording_becomes_text_on_its_page(app: Flask, worker: Workers) -> None:
    client = guest(app)
    job_id = job_id_of(upload(client, (recording("money.flac"), "money.flac")))

    assert wait_for_end(job_id).state == State.FINISHED
    page = look(client, f"/stt/{job_id}").text
    assert words_on(page) == TEXTS["money.flac"].split()
    assert "Download subtitles (srt)" in page
    assert "Length: 0:02. Recogniser: PocketSphinx. Language: English (United States)." in page


def test_text_and_subtitles_are_downloads_with_the_recordings_name(
    app: Flask, worker: Workers
) -> None:
    client = guest(app)
    job_id = job_id_of(upload(client, (long_recording(), "Vortrag Grün.flac")))
    wait_for_end(job_id)

    text = look(client, f"/stt/{job_id}/transcript.txt")
    assert text.text.split() == media.text_of(LONG).split()
    assert text.headers["Content-Disposition"].endswith("filename*=UTF-8''Vortrag%20Gr%C3%BCn.txt")
    subtitles = look(client, f"/stt/{job_id}/transcript.srt")
    assert subtitles.mimetype == "application/x-subrip"
    assert subtitles.text.count("-->") == 4
    assert look(client, f"/stt/{job_id}/transcript.exe").status_code == 404


def test_programs_ask_for_the_text_and_hear_the_true_state(app: Flask, workers: Workers) -> None:
    client = program(app)
    job_id = submit(client, recording("days.flac"))

    assert client.get(f"/stt/task/{job_id}").json == {
        "job_id": job_id, "status": "waiting", "progress": 0
    }  # fmt: skip
    workers.start()
    wait_for_end(job_id)
    assert client.get(f"/stt/task/{job_id}").json == {
        "job_id": job_id, "text": TEXTS["days.flac"]
    }  # fmt: skip


def test_a_program_may_wait_for_the_text_in_one_request(app: Flask, worker: Workers) -> None:
    response = upload(program(app), (recording("days.flac"), "days.flac"), path="/stt/native")

    assert response.status_code == 200
    assert response.json is not None
    assert set(response.json) == {"job_id", "text"}
    assert response.json["text"] == TEXTS["days.flac"]


def test_what_takes_longer_than_a_request_may_is_told_where_to_ask(
    app: Flask, setting: Callable[..., None]
) -> None:
    setting(wait_seconds=1)
    client = program(app)
    response = upload(client, (recording("days.flac"), "days.flac"), path="/stt/native")

    assert response.status_code == 202
    assert response.json is not None
    assert response.json["status"] == "waiting"
    assert client.get(response.json["status_url"]).status_code == 200


def test_only_one_file_goes_into_one_text(app: Flask) -> None:
    data = recording("days.flac")

    for path in ("/stt/task", "/stt/native"):
        response = upload(program(app), (data, "a.flac"), (data, "b.flac"), path=path)
        assert response.status_code == 413
        assert response.json is not None
        assert "At most 1 file at once." in response.json["detail"]


def test_silence_is_finished_and_says_that_nobody_spoke(app: Flask, worker: Workers) -> None:
    client = guest(app)
    job_id = job_id_of(upload(client, (media.wav(media.silence(5)), "silence.wav")))

    assert wait_for_end(job_id).state == State.FINISHED
    page = look(client, f"/stt/{job_id}").text
    assert "No speech was found in it." in page
    assert "Download" not in page
    assert client.get(f"/stt/task/{job_id}").json == {"job_id": job_id, "text": ""}


@pytest.mark.parametrize("samples", [media.noise(4), media.music(4)], ids=["noise", "music"])
def test_what_is_no_speech_is_finished_without_words(samples: bytes, app: Flask) -> None:
    client = guest(app)
    job_id = job_id_of(upload(client, (media.wav(samples), "sound.wav")))
    perform(job_id)

    assert job(job_id).state == State.FINISHED
    page = look(client, f"/stt/{job_id}").text
    assert "No speech was found" in page
    assert words_on(page) == []


def test_the_telephone_is_understood(app: Flask) -> None:
    client = guest(app)
    data = media.encode(media.samples_of("days.flac"), "wav", "pcm_mulaw", rate=8_000)
    job_id = job_id_of(upload(client, (data, "call.wav")))
    perform(job_id)

    heard = words_on(look(client, f"/stt/{job_id}").text)
    assert len(set(heard) & set(TEXTS["days.flac"].split())) >= 3


@pytest.mark.parametrize(("container", "codec"), [("flac", "flac"), ("wav", "pcm_s16le")])
def test_of_a_file_that_is_cut_off_what_is_there_is_transcribed_and_said_so(
    container: str, codec: str, app: Flask, worker: Workers
) -> None:
    client = guest(app)
    whole = media.encode(media.joined(LONG), container, codec)
    job_id = job_id_of(upload(client, (whole[: len(whole) * 6 // 10], f"cut.{container}")))

    assert wait_for_end(job_id).state == State.FINISHED
    page = look(client, f"/stt/{job_id}").text
    assert "The file is cut off: its header speaks of 0:15, 0:0" in page
    words = " ".join(words_on(page))
    assert TEXTS["days.flac"] in words
    assert TEXTS["house.flac"] not in words


def test_a_recording_longer_than_the_worker_takes_fails_with_a_reason(
    app: Flask, workers: Workers
) -> None:
    workers.start(MAX_RECORDING_SECONDS="10")
    client = guest(app)
    job_id = job_id_of(upload(client, (media.encode(media.silence(30), "flac", "flac"), "x.flac")))

    row = wait_for_end(job_id)
    assert (row.state, row.attempt) == (State.FAILED, 1)
    assert "longer than" in look(client, f"/stt/{job_id}").text


def test_the_words_appear_while_the_job_runs(app: Flask, worker: Workers) -> None:
    client = guest(app)
    samples = media.joined(LONG * 4)
    job_id = job_id_of(upload(client, (media.encode(samples, "flac", "flac"), "long.flac")))

    def grown() -> list[dict[str, object]]:
        answer = client.get(f"/stt/{job_id}/segments").json
        assert answer is not None
        return answer["segments"] if job(job_id).state == State.RUNNING else []

    segments = wait_for(grown)
    assert segments[0]["text"] == TEXTS["days.flac"]
    assert TEXTS["days.flac"] in look(client, f"/stt/{job_id}").text
    assert 0 < job(job_id).progress < 1
    assert "Recognising speech, " in job(job_id).stage
    later = client.get(f"/stt/{job_id}/segments?after={segments[0]['position']}").json
    assert later is not None
    assert all(one["position"] > 0 for one in later["segments"])


def test_a_killed_job_goes_on_where_it_was(app: Flask, worker: Workers) -> None:
    import psutil

    client = program(app)
    job_id = submit(client, media.encode(media.joined(LONG[:3] * 2), "flac", "flac"))
    wait_for_state(job_id, State.RUNNING)
    wait_for(lambda: done(job_id) >= 2)

    before = rows(job_id)
    psutil.Process(worker.processes[0].pid).children()[0].kill()
    assert wait_for_end(job_id).state == State.FINISHED
    assert job(job_id).attempt == 2
    assert {key: stamp for key, stamp in rows(job_id).items() if key in before} == before
    answer = client.get(f"/stt/task/{job_id}").json
    assert answer is not None
    assert answer["text"].split() == media.text_of(LONG[:3] * 2).split()


def rows(job_id: str) -> dict[int, str]:
    """Return which transaction wrote each recognised segment."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT position, xmin::text FROM segments WHERE job_id = %s AND words IS NOT NULL",
            (job_id,),
        )
        return dict(cur.fetchall())


def done(job_id: str) -> int:
    """Return how many segments are recognised."""
    return len(rows(job_id))


def test_a_cancelled_job_tried_again_keeps_what_it_had(app: Flask, worker: Workers) -> None:
    client = guest(app)
    data = media.encode(media.joined(LONG[:3] * 2), "flac", "flac")
    job_id = job_id_of(upload(client, (data, "long.flac")))
    wait_for(lambda: done(job_id) >= 2)
    press(client, f"/jobs/{job_id}/cancel")
    assert wait_for_end(job_id).state == State.CANCELLED

    before = rows(job_id)
    press(client, f"/jobs/{job_id}/retry")
    assert wait_for_end(job_id).state == State.FINISHED
    assert {key: stamp for key, stamp in rows(job_id).items() if key in before} == before
    answer = client.get(f"/stt/task/{job_id}").json
    assert answer is not None
    assert answer["text"].split() == media.text_of(LONG[:3] * 2).split()


def test_the_decoded_sound_goes_with_the_job_and_the_recording_stays(
    app: Flask, worker: Workers, backing: Servers
) -> None:
    job_id = submit(program(app), recording("days.flac"))
    wait_for_end(job_id)

    def names() -> set[str]:
        return {path.name for path in (backing.home / "files").rglob("*") if path.is_file()}

    with db.transaction() as conn:
        transcript = recordings.find(conn, job_id)
    assert transcript is not None
    wait_for(lambda: names() == {transcript.file_key})


def test_deleting_leaves_no_trace(app: Flask, worker: Workers, backing: Servers) -> None:
    client = guest(app)
    job_id = job_id_of(upload(client, (recording("days.flac"), "days.flac")))
    wait_for_end(job_id)

    deleting.delete(job_id)
    assert look(client, f"/stt/{job_id}").status_code == 404
    wait_for(lambda: not [p for p in (backing.home / "files").rglob("*") if p.is_file()])
    with db.transaction() as conn, conn.cursor() as cur:
        for table in ("jobs", "recordings", "transcripts", "segments", "files", "job_log"):
            cur.execute(f"SELECT count(*) FROM {table}")
            assert cur.fetchone() == (0,), table


def test_a_transcript_outlives_its_recording(app: Flask, worker: Workers) -> None:
    client = guest(app)
    job_id = job_id_of(upload(client, (recording("days.flac"), "days.flac")))
    wait_for_end(job_id)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE files SET expires_at = now()")
    storage.sweep()

    page = look(client, f"/stt/{job_id}").text
    assert words_on(page) == TEXTS["days.flac"].split()
    assert "The recording is no longer kept." in page
    assert "<audio" not in page
    assert client.get(f"/stt/{job_id}/recording").status_code == 404


def test_running_the_task_twice_is_harmless(app: Flask) -> None:
    job_id = submit(program(app), recording("days.flac"))

    tasks.transcribe(job_id)
    before = rows(job_id)
    tasks.transcribe(job_id)
    assert rows(job_id) == before


def test_a_job_whose_transcript_was_deleted_has_nothing_to_do(app: Flask) -> None:
    job_id = submit(program(app), recording("days.flac"))
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("DELETE FROM transcripts")

    tasks.transcribe(job_id)
    assert done(job_id) == 0


def test_a_recording_that_is_gone_is_said_so(app: Flask) -> None:
    job_id = submit(program(app), recording("days.flac"))
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("DELETE FROM files")

    with pytest.raises(PermanentError, match="no longer kept"):
        tasks.transcribe(job_id)


def test_word_times_count_from_the_beginning_of_the_recording(app: Flask) -> None:
    job_id = submit(program(app), long_recording())
    tasks.transcribe(job_id)

    with db.transaction() as conn:
        done = segments.done(conn, job_id)
    for segment in done:
        assert segment.words
        assert all(
            segment.start_ms <= word.start_ms < word.end_ms <= segment.end_ms + 50
            for word in segment.words
        )


def test_text_behind_a_gap_waits_until_the_gap_is_closed(app: Flask) -> None:
    job_id = submit(program(app), long_recording())
    word = [Word(0, 100, "word", 1.0)]
    spans = [Span(n * 1000, n * 1000 + 900) for n in range(3)]
    with db.transaction() as conn:
        segments.plan(conn, job_id, spans, None)
        segments.save(conn, job_id, 0, Heard(word))
        segments.save(conn, job_id, 2, Heard(word))
        assert [one.position for one in segments.done(conn, job_id)] == [0]
        segments.save(conn, job_id, 1, Heard(word))
        assert [one.position for one in segments.done(conn, job_id)] == [0, 1, 2]
        assert [one.position for one in segments.done(conn, job_id, after=1)] == [2]


def test_the_model_is_loaded_once_a_process() -> None:
    assert recognisers.load("sphinx") is recognisers.load("sphinx")
