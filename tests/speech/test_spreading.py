"""A long recording is shared by the workers, and holds up nobody."""

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import psutil
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.jobs import outlook, submission
from app_srvc.jobs.repository import changes
from app_srvc.jobs.repository import parts as parts_repository
from app_srvc.jobs.repository.parts import Surroundings
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from app_srvc.speech import pipeline, showing
from app_srvc.speech.repository import segments
from tests.support import media, sharing_worker
from tests.support.pages import look, upload
from tests.support.people import guest, program
from tests.support.performing import perform, register, waiting
from tests.support.recordings import TEXTS, recording
from tests.support.rows import scalar
from tests.support.workers import Workers, job, wait_for, wait_for_end, wait_for_state


@pytest.fixture(autouse=True)
def little_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few seconds of speech be shared already."""
    monkeypatch.setattr(pipeline, "SHORT_MS", sharing_worker.SHORT_MS)


@pytest.fixture
def start_worker(workers: Workers) -> Callable[[], psutil.Process]:
    """Give a function that starts a worker, and returns it when it is on the register."""

    def start() -> psutil.Process:
        process = workers.start("-m", "tests.support.sharing_worker")
        wait_for(lambda: count_workers() == len(workers.processes))
        return psutil.Process(process.pid)

    return start


@cache
def long_recording(sentences: int = 4) -> tuple[bytes, str]:
    """Return a recording of so many of our sentences, each of which is a segment, and its text."""
    names = list(itertools.islice(itertools.cycle(sorted(TEXTS)), sentences))
    return media.encode(media.joined(names), "flac", "flac"), media.text_of(names)


def send(client: FlaskClient, data: bytes) -> str:
    """Send a recording as a program does, and return its job."""
    response = upload(client, (data, "talk.flac"), path="/stt/task")
    assert response.json is not None
    return str(response.json["job_id"])


def takers(job_id: str) -> list[str | None]:
    """Return which jobs took the segments of a recording, in order."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT taken_by FROM segments WHERE job_id = %s ORDER BY position", (job_id,))
        return [part for (part,) in cur.fetchall()]


def count_done(job_id: str) -> int:
    """Return how many segments are recognised."""
    return int(
        scalar("SELECT count(*) FROM segments WHERE job_id = %s AND words IS NOT NULL", job_id)
    )


def count_workers() -> int:
    """Return how many workers serve parts."""
    return int(scalar("SELECT count(*) FROM workers"))


def count_running() -> int:
    """Return how many jobs run."""
    return int(scalar("SELECT count(*) FROM jobs WHERE state = 'running'"))


def line(job_id: str) -> str:
    """Return a transcript's text as one line."""
    return " ".join(showing.text_of(job_id).split())


def test_two_workers_share_a_long_recording_and_its_text_is_in_order(
    app: Flask, start_worker: Callable[[], object]
) -> None:
    start_worker()
    start_worker()
    data, text = long_recording(8)
    job_id = send(program(app), data)

    assert wait_for_end(job_id).state == State.FINISHED
    assert line(job_id) == text
    assert len(set(takers(job_id))) == 2


def test_a_short_recording_takes_no_detour(app: Flask) -> None:
    register("a", "b")
    job_id = send(program(app), recording("money.flac"))
    perform(job_id)

    assert job(job_id).state == State.FINISHED
    assert takers(job_id) == [None]


def test_where_no_worker_serves_parts_a_long_recording_is_done_in_one_go(app: Flask) -> None:
    data, text = long_recording()
    job_id = send(program(app), data)
    perform(job_id)

    assert job(job_id).state == State.FINISHED
    assert line(job_id) == text


def test_the_segments_of_a_part_that_died_are_taken_by_another(app: Flask) -> None:
    register("a", "b")
    data, text = long_recording(5)
    job_id = send(program(app), data)
    perform(job_id)
    dead, living = waiting(Queue.STT_SEGMENTS)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE jobs SET state = 'running', attempt = 1, lease_until = now()"
                    " WHERE id = %s", (dead,))  # fmt: skip
        cur.execute("UPDATE segments SET taken_by = %s, taken_attempt = 1"
                    " WHERE position IN (0, 3)", (dead,))  # fmt: skip

    perform(living)
    assert job(job_id).state == State.RUNNING, "what another is at is left to it"
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE jobs SET state = 'waiting', lease_until = NULL WHERE id = %s", (dead,))
    perform(dead)
    assert job(job_id).state == State.FINISHED
    assert line(job_id) == text


def test_recordings_that_are_under_way_fill_the_queue(
    app: Flask, setting: Callable[..., None]
) -> None:
    register("a")
    perform(send(program(app), long_recording()[0]))
    setting(max_queue_depth=1)

    response = upload(program(app), (recording("days.flac"), "days.flac"), path="/stt/task")
    assert response.status_code == 503


def test_what_could_not_be_decoded_for_want_of_room_is_refused(app: Flask) -> None:
    send(program(app), recording("days.flac"))
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE recordings SET seconds = 1e12")

    response = upload(program(app), (recording("money.flac"), "money.flac"), path="/stt/task")
    assert response.status_code == 507
    assert scalar("SELECT count(*) FROM files WHERE expires_at IS NULL OR expires_at > now()") == 1


def test_no_two_parts_take_the_same_segment(app: Flask) -> None:
    register("a")
    job_id = send(program(app), long_recording(9)[0])
    perform(job_id)
    with db.transaction() as conn:
        for number in range(8):
            part = submission.new_id()
            parts_repository.insert(conn, job_id, parts_repository.NewPart(
                part, Queue.STT_SEGMENTS, "speech.recognise", [job_id], 60, 3
            ))  # fmt: skip
            changes.take(conn, part, f"worker-{number}")
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT id FROM jobs WHERE part_of = %s AND state = 'running'", (job_id,))
        running = [part for (part,) in cur.fetchall()]

    def take(part: str) -> int:
        with db.transaction() as conn:
            taken = segments.take(conn, job_id, part, 1)
        assert taken is not None
        return taken.position

    with ThreadPoolExecutor(8) as pool:
        positions = list(pool.map(take, running))
    assert sorted(positions) == list(range(8))


def test_a_part_gives_way_to_a_fresh_recording_and_goes_on_later(app: Flask) -> None:
    register("a")
    data, text = long_recording()
    job_id = send(program(app), data)
    perform(job_id)
    fresh = send(program(app), recording("money.flac"))

    perform(*waiting(Queue.STT_SEGMENTS))
    assert count_done(job_id) == 1
    assert job(job_id).state == State.RUNNING
    perform(fresh)
    perform(*waiting(Queue.STT_SEGMENTS))
    assert job(job_id).state == State.FINISHED
    assert line(job_id) == text


def test_long_recordings_of_several_people_take_turns(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "TURN_SECONDS", 0.0)
    register("a")
    data, text = long_recording()
    jobs = [upload(guest(app), (data, "talk.flac")).location.rpartition("/")[2] for _ in range(2)]
    for job_id in jobs:
        perform(job_id)
    perform(waiting(Queue.STT_SEGMENTS)[0])
    perform(waiting(Queue.STT_SEGMENTS)[0])

    assert [count_done(job_id) for job_id in jobs] == [1, 1]
    while part := waiting(Queue.STT_SEGMENTS):
        perform(part[0])
        done = [count_done(job_id) for job_id in jobs]
        assert abs(done[0] - done[1]) <= 1
    assert [line(job_id) for job_id in jobs] == [text, text]


def test_somebody_with_many_recordings_has_shorter_turns() -> None:
    around = Surroundings(2, 1, 2, first_waits=False, other_waits=True)

    assert not pipeline._is_over(9.0, around)
    assert pipeline._is_over(9.0, around._replace(owned=20))
    assert not pipeline._is_over(9.0, around._replace(owned=20, other_waits=False))


def test_a_worker_that_comes_later_joins_in(
    app: Flask, start_worker: Callable[[], psutil.Process]
) -> None:
    first = start_worker()
    data, text = long_recording(8)
    job_id = send(program(app), data)
    wait_for(lambda: count_done(job_id) >= 1)
    # Its job waits, so that the other one does not come too late on whatever machine.
    (at_work,) = first.children()
    at_work.suspend()
    start_worker()
    at_work.resume()

    assert wait_for_end(job_id).state == State.FINISHED
    assert len(set(takers(job_id))) == 2
    assert line(job_id) == text


def test_cancel_stops_the_parts_and_a_retry_repeats_nothing(
    app: Flask, start_worker: Callable[[], object]
) -> None:
    start_worker()
    data, text = long_recording(8)
    job_id = send(program(app), data)
    wait_for(lambda: count_done(job_id) >= 2)
    submission.cancel(job_id)

    assert job(job_id).state == State.CANCELLED
    wait_for(lambda: not waiting(Queue.STT_SEGMENTS) and not count_running())
    done = count_done(job_id)
    before = takers(job_id)[:done]
    time.sleep(0.5)
    assert count_done(job_id) == done
    submission.retry(job_id)
    assert wait_for_end(job_id).state == State.FINISHED
    assert takers(job_id)[:done] == before
    assert line(job_id) == text


def test_the_page_of_a_spread_recording_moves_and_says_how_long_it_takes(
    app: Flask, start_worker: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlook, "SETTLED_SECONDS", 0.5)
    start_worker()
    client = guest(app)
    data, _ = long_recording(8)
    job_id = upload(client, (data, "talk.flac")).location.rpartition("/")[2]

    wait_for_state(job_id, State.RUNNING)
    shown: list[float] = []
    left = set()
    while (answer := client.get(f"/api/jobs/{job_id}").json) and answer["state"] == "running":
        shown.append(answer["progress"])
        left.add(answer["left"])
        time.sleep(0.1)
    assert all(one <= other for one, other in itertools.pairwise(shown))
    assert len(set(shown)) > 3
    assert "A few seconds left." in left
    assert "Attempt 1 began." in look(client, f"/jobs/{job_id}").text


def test_a_part_that_cannot_go_on_fails_the_transcript_with_its_reason(app: Flask) -> None:
    register("a")
    job_id = send(program(app), long_recording()[0])
    perform(job_id)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE transcripts SET recogniser = 'oracle'")

    perform(*waiting(Queue.STT_SEGMENTS))
    assert job(job_id).state == State.FAILED
    assert job(job_id).reason == "There is no recogniser called oracle; there is sphinx."
