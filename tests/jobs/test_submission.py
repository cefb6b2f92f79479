"""Submitting, cancelling, retrying and deleting jobs."""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
import redis

from app_srvc import db, engines, storage
from app_srvc.errors import Conflict
from app_srvc.jobs import deleting, submission
from app_srvc.jobs.repository import changes, outcomes, reading
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from tests.conftest import Servers
from tests.support import tasks
from tests.support.submitting import submit
from tests.support.workers import Workers, job, wait_for, wait_for_end

pytestmark = pytest.mark.usefixtures("database")


def test_a_submitted_job_waits_and_is_run_once(tmp_path: Path, workers: Workers) -> None:
    log = tmp_path / "log"
    job_id = submit(tasks.count, str(log))

    assert job(job_id).state == State.WAITING
    workers.start()
    assert wait_for_end(job_id).state == State.FINISHED
    assert len(log.read_text().splitlines()) == 1


def test_nothing_is_queued_when_the_transaction_is_rolled_back() -> None:
    job_id = submission.new_id()

    with suppress(RuntimeError), db.transaction() as conn:
        submission.submit(conn, tasks.crash, job_id=job_id, owner=None, title="never")
        raise RuntimeError
    with db.transaction() as conn:
        assert reading.find(conn, job_id) is None
    assert engines.current().depth(Queue.STT) == 0


def test_ids_hold_128_random_bits() -> None:
    ids = {submission.new_id() for _ in range(1000)}
    numbers = [int(job_id.replace("-", ""), 16) for job_id in ids]

    varying = 0
    for number in numbers:
        varying |= number ^ numbers[0]
    assert len(ids) == 1000
    assert varying == 2**128 - 1


def test_of_two_workers_one_takes_a_job() -> None:
    job_id = submit(tasks.count, "/dev/null")

    taken: list[object] = []

    def take_too() -> None:
        with db.transaction() as conn:
            taken.append(changes.take(conn, job_id, "other"))

    other = threading.Thread(target=take_too)
    with db.transaction() as conn:
        assert changes.take(conn, job_id, "one") is not None
        other.start()
        wait_for(is_somebody_waiting_for_a_lock)
    other.join()
    assert taken == [None]


def is_somebody_waiting_for_a_lock() -> bool:
    """Say whether a transaction is held up by another."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(cur.rowcount)


def test_the_late_report_of_an_attempt_that_lost_its_job_changes_nothing() -> None:
    job_id = submit(tasks.count, "/dev/null")
    with db.transaction() as conn:
        first = changes.take(conn, job_id, "one")
        assert first is not None
        outcomes.fail(conn, job_id, 1, "lost", pause_seconds=0, outcome="lost")
        second = changes.take(conn, job_id, "other")
        assert second is not None

    with db.transaction() as conn:
        assert not outcomes.finish(conn, job_id, first.attempt)
        assert outcomes.fail(conn, job_id, first.attempt, "late", pause_seconds=None) is None
    assert (job(job_id).state, job(job_id).attempt) == (State.RUNNING, second.attempt)


def test_an_ended_job_cannot_be_cancelled() -> None:
    job_id = submit(tasks.count, "/dev/null")
    submission.cancel(job_id)

    with pytest.raises(Conflict):
        submission.cancel(job_id)


def test_a_cancel_that_comes_when_the_work_is_just_done_leaves_it_finished() -> None:
    job_id = submit(tasks.count, "/dev/null")
    with db.transaction() as conn:
        changes.take(conn, job_id, "one")
    submission.cancel(job_id)

    with db.transaction() as conn:
        assert outcomes.finish(conn, job_id, 1)
    assert job(job_id).state == State.FINISHED


def test_a_cancelled_job_can_be_tried_again(tmp_path: Path, workers: Workers) -> None:
    log = tmp_path / "log"
    job_id = submit(tasks.count, str(log))
    submission.cancel(job_id)

    submission.retry(job_id)
    workers.start()
    assert wait_for_end(job_id).state == State.FINISHED
    assert len(log.read_text().splitlines()) == 1


def test_a_job_that_has_not_ended_cannot_be_retried_or_deleted() -> None:
    job_id = submit(tasks.count, "/dev/null")

    with pytest.raises(Conflict):
        submission.retry(job_id)
    with pytest.raises(Conflict):
        deleting.delete(job_id)
    assert job(job_id).state == State.WAITING


def test_of_a_deleted_job_redis_keeps_nothing(backing: Servers, workers: Workers) -> None:
    ended = {submit(tasks.count, "/dev/null"): "finished", submit(tasks.refuse): "failed"}
    workers.start()
    with redis.Redis.from_url(backing.urls["redis"], decode_responses=True) as client:
        for job_id, name in ended.items():
            wait_for_end(job_id)
            # rq writes down the end when the row has it already.
            registry = f"rq:{name}:{Queue.STT}"
            wait_for(partial(client.zcard, registry))
            deleting.delete(job_id)
            assert list(client.scan_iter(f"*{job_id}*")) == []
            assert client.zcard(registry) == 0


def test_a_job_is_deleted_while_redis_is_away(setting: Callable[..., None]) -> None:
    job_id = submit(tasks.count, "/dev/null")
    submission.cancel(job_id)
    setting(queue_url="redis://127.0.0.1:1/0")

    deleting.delete(job_id)
    with db.transaction() as conn:
        assert reading.find(conn, job_id) is None


def test_a_failed_job_keeps_its_file_for_another_try() -> None:
    file = storage.save([b"sound"])
    job_id = submit(tasks.count, "/dev/null", keys=[file.key])
    submission.cancel(job_id)

    assert storage.sweep() == 0
    submission.retry(job_id)
    with storage.open_file(file.key) as stored:
        assert stored.read() == b"sound"


def test_a_retry_is_refused_when_the_file_is_gone() -> None:
    file = storage.save([b"sound"])
    job_id = submit(tasks.count, "/dev/null", keys=[file.key])
    submission.cancel(job_id)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE files SET expires_at = now() - interval '1 second'")
    assert storage.sweep() == 1

    with pytest.raises(Conflict, match="no longer kept"):
        submission.retry(job_id)
    assert job(job_id).state == State.CANCELLED


def test_deleting_a_job_deletes_its_file() -> None:
    file = storage.save([b"sound"])
    job_id = submit(tasks.count, "/dev/null", keys=[file.key])
    submission.cancel(job_id)

    deleting.delete(job_id)
    with db.transaction() as conn:
        assert reading.find(conn, job_id) is None
    with pytest.raises(FileNotFoundError):
        storage.open_file(file.key)


def test_a_job_is_refused_when_its_file_was_swept_away_before_it() -> None:
    with pytest.raises(Conflict, match="send it again"):
        submit(tasks.count, "/dev/null", keys=["0" * 32])
    assert engines.current().depth(Queue.STT) == 0


def test_a_job_that_nobody_registered_fails_with_a_sentence(workers: Workers) -> None:
    job_id = submit(tasks.count, "/dev/null")
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE jobs SET task = 'gone.service' WHERE id = %s", (job_id,))

    workers.start()
    row = wait_for_end(job_id)
    assert row.state == State.FAILED
    assert "does not know" in (row.reason or "")


def test_pauses_between_tries_grow(tmp_path: Path, worker: Workers) -> None:
    job_id = submit(tasks.fail, str(tmp_path / "log"))
    wait_for_end(job_id)

    with db.transaction() as conn:
        tries = reading.attempts(conn, job_id)
    waits = [
        (later.started_at - earlier.ended_at).total_seconds()
        for earlier, later in pairwise(tries)
        if earlier.ended_at is not None
    ]
    assert [one.outcome for one in tries] == ["failed", "failed", "failed"]
    assert waits[0] >= 0.2
    assert waits[1] >= 0.4


def test_progress_reaches_the_row(tmp_path: Path, worker: Workers) -> None:
    job_id = submit(tasks.sleep, str(tmp_path / "log"), 3)

    row = wait_for(lambda: job(job_id) if 0.2 < job(job_id).progress < 1 else None)
    assert row is not None
    assert row.stage == "sleeping"
    submission.cancel(job_id)
