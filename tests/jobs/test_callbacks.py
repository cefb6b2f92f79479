"""What happens to the row when the engine says how a job ended."""

import pytest

from app_srvc import db, storage
from app_srvc.jobs import callbacks
from app_srvc.jobs.repository import changes, outcomes, reading
from app_srvc.jobs.states import State
from app_srvc.words import translate
from tests.support import tasks
from tests.support.rows import scalar
from tests.support.submitting import submit
from tests.support.workers import Workers, job, wait_for_state

pytestmark = pytest.mark.usefixtures("database")


def test_a_full_disk_is_waited_for_and_counts_as_no_failure(worker: Workers) -> None:
    job_id = submit(tasks.fill_disk)

    row = wait_for_state(job_id, State.SCHEDULED)
    assert row.failures == 0
    with db.transaction() as conn:
        lines = [line.message for line in reading.log_lines(conn, job_id)]
        assert [one.outcome for one in reading.attempts(conn, job_id)] == ["given back"]
    assert "There is no room left on the server just now." in lines


def test_a_turn_that_is_not_free_counts_as_no_failure(worker: Workers) -> None:
    job_id = submit(tasks.get_no_turn)

    assert wait_for_state(job_id, State.SCHEDULED).failures == 0
    with db.transaction() as conn:
        lines = [line.message for line in reading.log_lines(conn, job_id)]
    assert "Too many questions are with the oracle just now." in lines


@pytest.mark.parametrize(("told", "least"), [(None, 0), (600.0, 60)])
def test_a_service_that_is_down_is_left_alone_and_named(
    told: float | None, least: float, worker: Workers
) -> None:
    job_id = submit(tasks.ask_in_vain, told)

    assert wait_for_state(job_id, State.SCHEDULED).failures == 1
    with db.transaction() as conn:
        assert [one.reason for one in reading.attempts(conn, job_id)] == [
            "The oracle does not answer."
        ]
    left = scalar("SELECT extract(epoch FROM due_at - now()) FROM jobs WHERE id = %s", job_id)
    assert left > least


def test_a_stop_that_comes_late_does_not_end_another_workers_attempt() -> None:
    job_id = submit(tasks.count, "/dev/null")
    for worker in ("first", "second"):
        with db.transaction() as conn:
            taken = changes.take(conn, job_id, worker)
            assert taken is not None
            if worker == "first":
                outcomes.give_back(conn, job_id, taken.attempt)

    callbacks.on_stopped(job_id, "first")
    assert job(job_id).state == State.RUNNING
    callbacks.on_stopped(job_id, "second")
    assert job(job_id).state == State.CANCELLED


def test_a_job_that_this_process_never_began_is_left_alone() -> None:
    job_id = submit(tasks.count, "/dev/null")

    callbacks.on_failure(job_id, RuntimeError("abandoned, says the engine"))
    assert job(job_id).state == State.WAITING


def test_success_lets_go_of_the_files_of_a_job() -> None:
    file = storage.save([b"x"])
    job_id = submit(tasks.count, "/dev/null", keys=[file.key])
    with db.transaction() as conn:
        changes.take(conn, job_id, "w")

    callbacks.on_success(job_id, 1)
    assert job(job_id).state == State.FINISHED
    assert scalar("SELECT released_at IS NOT NULL FROM files WHERE key = %s", file.key)
    assert scalar("SELECT outcome FROM job_attempts WHERE job_id = %s", job_id) == "finished"


def test_each_attempt_has_a_line_with_its_number() -> None:
    job_id = submit(tasks.count, "/dev/null")
    for _ in range(2):
        with db.transaction() as conn:
            taken = changes.take(conn, job_id, "w")
            assert taken is not None
            outcomes.give_back(conn, job_id, taken.attempt)

    with db.transaction() as conn:
        lines = [line.message for line in reading.log_lines(conn, job_id)]
    assert lines[1:] == ["Attempt 1 began.", "Attempt 2 began."]
    assert translate(lines[2], "uk") == "Почалася спроба 2."


def test_success_is_recorded_once_and_only_for_the_attempt_that_holds_the_job() -> None:
    job_id = submit(tasks.count, "/dev/null")
    with db.transaction() as conn:
        changes.take(conn, job_id, "w")

    callbacks.on_success(job_id, None)
    callbacks.on_success(job_id, 7)
    assert job(job_id).state == State.RUNNING
    callbacks.on_success(job_id, 1)
    ended_at = job(job_id).ended_at
    callbacks.on_success(job_id, 1)
    assert (job(job_id).state, job(job_id).ended_at) == (State.FINISHED, ended_at)
