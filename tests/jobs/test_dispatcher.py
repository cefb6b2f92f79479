"""The dispatcher: rows move on whatever the engine or a worker has lost."""

import time
from collections.abc import Callable, Iterator

import pytest
import redis

from app_srvc import db, engines, settings
from app_srvc.errors import DatabaseDown
from app_srvc.jobs import post, submission
from app_srvc.jobs.dispatcher import Dispatcher
from app_srvc.jobs.gate import Gate
from app_srvc.jobs.repository import changes, leases, outcomes, reading
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from tests.support import tasks
from tests.support.brokers import all_waiting
from tests.support.submitting import submit
from tests.support.workers import job, wait_for

pytestmark = pytest.mark.usefixtures("database")


class Eager(Dispatcher):
    """A dispatcher that does every chore in each pass."""

    def run_once(self) -> bool:
        self._due = dict.fromkeys(self._due, 0.0)
        return super().run_once()


@pytest.fixture
def dispatcher() -> Iterator[Dispatcher]:
    """Return the one that acts, run by hand."""
    dispatcher = Eager(Gate())
    yield dispatcher
    dispatcher.stop()


def let_pass(dispatcher: Dispatcher, seconds: float) -> None:
    """Let the dispatcher have held its post for so much longer."""
    assert dispatcher._post._since is not None
    dispatcher._post._since -= seconds


def flush() -> None:
    """Let Redis forget everything."""
    with redis.Redis.from_url(settings.load().queue_url) as client:
        client.flushall()


def age(interval: str) -> None:
    """Let time pass for all jobs."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET waiting_since = waiting_since - %(i)s::interval,"
            " lease_until = lease_until - %(i)s::interval, due_at = due_at - %(i)s::interval,"
            " ended_at = ended_at - %(i)s::interval",
            {"i": interval},
        )


def test_what_waits_in_no_queue_is_delivered_after_two_looks(dispatcher: Dispatcher) -> None:
    job_id = submit(tasks.count, "/dev/null")
    flush()
    age("1 minute")

    dispatcher.run_once()
    assert engines.current().depth(Queue.STT) == 0
    dispatcher.run_once()
    assert all_waiting(Queue.STT) == {job_id}
    dispatcher.run_once()
    dispatcher.run_once()
    assert engines.current().depth(Queue.STT) == 1


def test_jobs_are_delivered_again_in_the_order_in_which_they_came(dispatcher: Dispatcher) -> None:
    ids = [submit(tasks.count, "/dev/null") for _ in range(5)]
    flush()
    age("1 minute")

    dispatcher.run_once()
    dispatcher.run_once()
    with redis.Redis.from_url(settings.load().queue_url) as client:
        queued = [key.decode() for key in client.lrange("rq:queue:stt", 0, -1)]
    assert queued == ids


def test_a_job_just_submitted_is_left_to_its_own_request(dispatcher: Dispatcher) -> None:
    submit(tasks.count, "/dev/null")
    flush()

    dispatcher.run_once()
    dispatcher.run_once()
    assert engines.current().depth(Queue.STT) == 0


def test_a_job_under_an_expired_lease_waits_again(
    dispatcher: Dispatcher, setting: Callable[..., None]
) -> None:
    setting(lease_seconds=3)
    job_id = submit(tasks.count, "/dev/null")
    with db.transaction() as conn:
        changes.take(conn, job_id, "dead")
    age("1 minute")

    dispatcher.run_once()
    assert job(job_id).state == State.RUNNING, "everybody gets one lease of time first"
    let_pass(dispatcher, 4)
    dispatcher.run_once()
    assert (job(job_id).state, job(job_id).failures) == (State.WAITING, 1)
    assert job_id in all_waiting(Queue.STT)
    with db.transaction() as conn:
        assert [one.outcome for one in reading.attempts(conn, job_id)] == ["lost"]


def test_a_job_whose_cancel_nobody_heard_is_cancelled_then(dispatcher: Dispatcher) -> None:
    job_id = submit(tasks.count, "/dev/null")
    with db.transaction() as conn:
        changes.take(conn, job_id, "dead")
    submission.cancel(job_id)
    age("1 minute")

    dispatcher.run_once()
    let_pass(dispatcher, 100)
    dispatcher.run_once()
    assert job(job_id).state == State.CANCELLED


def test_one_at_a_time_acts_and_another_takes_over(dispatcher: Dispatcher) -> None:
    other = Eager(Gate())

    assert dispatcher.run_once()
    assert not other.run_once()
    dispatcher.stop()
    # The server notices the end of a connection a moment later.
    assert wait_for(other.run_once)
    other.stop()


def test_while_the_engine_is_away_nothing_is_forgotten(
    dispatcher: Dispatcher, setting: Callable[..., None]
) -> None:
    job_id = submit(tasks.count, "/dev/null")
    flush()
    age("1 minute")
    url = settings.load().queue_url
    setting(queue_url="unix:///nowhere.sock")

    with db.transaction() as conn:
        changes.take(conn, lost := submit(tasks.count, "/dev/null"), "dead")
    age("1 minute")
    dispatcher.run_once()
    let_pass(dispatcher, 100)
    dispatcher.run_once()
    assert job(lost).state == State.WAITING, "what a dead worker held is taken back all the same"
    setting(queue_url=url)
    time.sleep(submission.ENGINE_PAUSE_SECONDS)
    dispatcher.run_once()
    dispatcher.run_once()
    assert all_waiting(Queue.STT) == {job_id, lost}


def test_old_jobs_are_forgotten_with_their_history(
    dispatcher: Dispatcher, setting: Callable[..., None]
) -> None:
    setting(history_days=10)
    old, recent = submit(tasks.count, "/dev/null"), submit(tasks.count, "/dev/null")
    submission.cancel(old)
    age("11 days")
    submission.cancel(recent)

    dispatcher.run_once()
    with db.transaction() as conn:
        assert reading.find(conn, old) is None
        assert reading.find(conn, recent) is not None


def test_after_a_gap_in_time_nobody_is_taken_for_dead(dispatcher: Dispatcher) -> None:
    job_id = submit(tasks.count, "/dev/null")
    with db.transaction() as conn:
        changes.take(conn, job_id, "asleep")
    dispatcher.run_once()
    let_pass(dispatcher, 100)
    age("1 minute")

    dispatcher._post._looked_at -= 60
    dispatcher.run_once()
    assert job(job_id).state == State.RUNNING
    let_pass(dispatcher, 100)
    dispatcher.run_once()
    assert job(job_id).state == State.WAITING


def test_a_holder_that_is_frozen_loses_the_post(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "SILENCE_SECONDS", 1)
    assert dispatcher.run_once()
    other = Eager(Gate())

    wait_for(other.run_once)
    with pytest.raises(DatabaseDown):
        dispatcher.run_once()
    assert not dispatcher.run_once()
    other.stop()


def test_an_attempt_that_got_on_before_it_was_lost_is_no_failure(dispatcher: Dispatcher) -> None:
    job_id = submit(tasks.count, "/dev/null")
    for progress, failures in ((0.1, 0), (0.2, 0), (0.2, 1), (0.3, 0)):
        with db.transaction() as conn:
            taken = changes.take(conn, job_id, "w")
            assert taken is not None
            leases.report(conn, job_id, taken.attempt, "", progress)
            outcomes.fail(conn, job_id, taken.attempt, "lost", pause_seconds=0, outcome="lost")
        assert (job(job_id).state, job(job_id).failures) == (State.WAITING, failures)


def test_a_chore_that_fails_holds_up_no_other(
    dispatcher: Dispatcher, setting: Callable[..., None]
) -> None:
    setting(history_days=10)
    old = submit(tasks.count, "/dev/null")
    submission.cancel(old)
    age("11 days")
    with db.transaction() as conn, conn.cursor() as cur:
        # No storage has a key like that: the sweep fails each time.
        cur.execute("INSERT INTO files (key, expires_at) VALUES ('no key', now())")

    assert dispatcher.run_once()
    with db.transaction() as conn:
        assert reading.find(conn, old) is None


def test_a_pass_over_a_hundred_thousand_waiting_jobs_delivers_the_missing_one(
    dispatcher: Dispatcher,
) -> None:
    ids: list[str] = []
    for _ in range(10):
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute(
                "INSERT INTO jobs (id, queue, task, args, title, max_failures, timeout_seconds,"
                " waiting_since) SELECT gen_random_uuid(), 'stt', 'support.count', '[]', 'x', 3,"
                " 60, now() - interval '1 hour' FROM generate_series(1, 10000) RETURNING id"
            )
            ids += [job_id for (job_id,) in cur.fetchall()]
    with redis.Redis.from_url(settings.load().queue_url) as client:
        client.rpush("rq:queue:stt", *ids[1:])

    assert dispatcher.run_once()
    assert dispatcher.run_once()
    assert engines.current().depth(Queue.STT) == 100_000
