"""A job that is handed over to its parts: none holds it, and it ends when they say so."""

from pathlib import Path

import pytest
from flask import Flask

from app_srvc import db
from app_srvc.errors import Conflict
from app_srvc.jobs import deleting, outlook, parts, submission
from app_srvc.jobs.dispatcher import Dispatcher
from app_srvc.jobs.gate import Gate
from app_srvc.jobs.repository import changes, leases, outcomes, reading
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from tests.support import tasks
from tests.support.people import program
from tests.support.performing import perform, register, waiting
from tests.support.workers import Workers, job, wait_for_end

QUEUES = (Queue.STT, Queue.STT_SEGMENTS)


def submit_spread(path: Path, count: int = 3, owner: str | None = None) -> str:
    """Submit a job that hands itself over to so many parts."""
    job_id = submission.new_id()
    with db.transaction() as conn:
        submission.submit(
            conn, tasks.spread, job_id, str(path), count,
            job_id=job_id, owner=owner, title="a whole",
        )  # fmt: skip
    return job_id


@pytest.fixture
def notes(tmp_path: Path, database: None) -> Path:
    """Return a file in which the tasks write what they do."""
    path = tmp_path / "notes"
    path.touch()
    return path


def test_the_whole_runs_until_its_parts_end_it(notes: Path) -> None:
    whole = submit_spread(notes)
    perform(whole)

    for done in range(3):
        assert job(whole).state == State.RUNNING
        assert job(whole).progress == pytest.approx(done / 3)
        perform(waiting(Queue.STT_SEGMENTS)[0])
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute("UPDATE jobs SET shown_at = NULL")
    assert job(whole).state == State.FINISHED
    assert job(whole).attempt == 1


def test_real_workers_share_the_parts(notes: Path, workers: Workers) -> None:
    for _ in range(2):
        workers.start()
    whole = submit_spread(notes)

    assert wait_for_end(whole).state == State.FINISHED
    assert sorted(notes.read_text().split()) == ["began", "part", "part", "part"]


def test_parts_are_in_no_list(app: Flask, notes: Path) -> None:
    whole = submit_spread(notes, owner="somebody")
    perform(whole)

    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM jobs")
        assert cur.fetchone() == (4,)
    with program(app).application.test_request_context(), db.transaction() as conn:
        listed = reading.newest(conn, reading.Page(owner="somebody")).jobs
    assert [one.id for one in listed] == [whole]


def test_a_part_that_fails_for_good_fails_the_whole(notes: Path) -> None:
    whole = submit_spread(notes, count=1)
    perform(whole)
    with db.transaction() as conn:
        parts.add(conn, whole, tasks.fail_part, timeout_seconds=60)
    perform(waiting(Queue.STT_SEGMENTS)[1])

    assert job(whole).state == State.FAILED
    assert job(whole).reason == "Its share is no good."


def test_a_cancelled_whole_is_over_at_once(notes: Path) -> None:
    whole = submit_spread(notes)
    perform(whole)

    submission.cancel(whole)
    assert job(whole).state == State.CANCELLED
    assert job(whole).state == State.CANCELLED
    with pytest.raises(Conflict):
        submission.cancel(whole)


def test_the_owner_is_told_when_nobody_works_on_it(notes: Path) -> None:
    whole = submit_spread(notes, count=1)
    perform(whole)
    assert outlook.of(job(whole)).message == "Waiting for its next turn."

    with db.transaction() as conn:
        assert changes.take(conn, waiting(Queue.STT_SEGMENTS)[0], "a") is not None
    assert outlook.of(job(whole)).message == "At work."


def test_a_retried_whole_is_handed_over_anew(notes: Path) -> None:
    whole = submit_spread(notes, count=1)
    perform(whole)
    submission.cancel(whole)
    submission.retry(whole)

    perform(whole)
    assert job(whole).state == State.RUNNING
    assert job(whole).attempt == 2
    while waiting(Queue.STT_SEGMENTS):
        perform(waiting(Queue.STT_SEGMENTS)[0])
    with db.transaction() as conn:
        assert parts.is_open(conn, whole)


def test_a_whole_that_has_lost_its_parts_runs_again(notes: Path) -> None:
    whole = submit_spread(notes, count=1)
    perform(whole)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("DELETE FROM jobs WHERE part_of IS NOT NULL")

    pass_over()
    assert job(whole).state == State.WAITING
    assert waiting(Queue.STT) == [whole]


def test_a_whole_that_has_its_parts_is_left_alone(notes: Path) -> None:
    whole = submit_spread(notes, count=1)
    perform(whole)

    pass_over()
    assert job(whole).state == State.RUNNING


def test_what_waits_for_a_whole_that_has_ended_is_forgotten(notes: Path) -> None:
    whole = submit_spread(notes)
    perform(whole)
    submission.cancel(whole)

    assert waiting(Queue.STT_SEGMENTS) == []


def test_a_part_that_gets_on_may_fail_as_often_as_it_must(notes: Path) -> None:
    whole = submit_spread(notes, count=1)
    perform(whole)
    [part] = waiting(Queue.STT_SEGMENTS)

    for number in range(1, 6):
        with db.transaction() as conn:
            taken = changes.take(conn, part, "a")
            assert taken is not None
            leases.report(conn, part, taken.attempt, "sharing", number / 10)
            state = outcomes.fail(conn, part, taken.attempt, "It is down.", pause_seconds=0)
        assert state == State.WAITING
    with db.transaction() as conn:
        taken = changes.take(conn, part, "a")
        assert taken is not None
        state = outcomes.fail(conn, part, taken.attempt, "It is down.", pause_seconds=0)
    assert state == State.FAILED
    assert (job(whole).state, job(whole).reason) == (State.FAILED, "It is down.")


def test_the_owner_reads_what_happens_to_the_parts(app: Flask, notes: Path) -> None:
    whole = submit_spread(notes, count=1)
    perform(whole)
    with db.transaction() as conn:
        parts.add(conn, whole, tasks.fail, str(notes), timeout_seconds=60)
    perform(waiting(Queue.STT)[0])

    with db.transaction() as conn:
        lines = [line.message for line in reading.log_lines(conn, whole)]
    assert any(line.startswith("A part of the work failed, and is tried again") for line in lines)
    assert sum(line.endswith("began.") for line in lines) == 1


def test_a_deleted_whole_takes_its_parts_with_it(notes: Path) -> None:
    whole = submit_spread(notes)
    perform(whole)
    submission.cancel(whole)
    deleting.delete(whole)

    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM jobs")
        assert cur.fetchone() == (0,)


def test_who_looks_round_sees_workers_and_who_waits(notes: Path) -> None:
    register("a", "b")
    whole = submit_spread(notes, count=2, owner="somebody")
    perform(whole)

    with db.transaction() as conn:
        alone = parts.look_round(conn, whole, QUEUES)
    assert alone == (2, 2, 2, False, False)

    other = submit_spread(notes, count=1, owner="somebody")
    with db.transaction() as conn:
        first = parts.look_round(conn, whole, QUEUES)
    assert first == (2, 2, 2, True, True)

    perform(other)
    with db.transaction() as conn:
        shared = parts.look_round(conn, whole, QUEUES)
    assert shared == (2, 2, 3, False, True)


def pass_over() -> None:
    """Let a dispatcher that has held its post for long do what is due."""
    dispatcher = Dispatcher(Gate())
    try:
        assert dispatcher.run_once()
        assert dispatcher._post._since is not None
        dispatcher._post._since -= 3600
        dispatcher._due = dict.fromkeys(dispatcher._due, 0.0)
        assert dispatcher.run_once()
    finally:
        dispatcher.stop()
