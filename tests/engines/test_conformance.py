"""What every engine must do. The row decides; the engine must deliver, stop and tell."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app_srvc import engines
from app_srvc.engines.protocol import Delivery
from app_srvc.jobs import submission
from app_srvc.jobs.registry import name_of
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from tests.support import tasks
from tests.support.brokers import Broker
from tests.support.rows import scalar
from tests.support.submitting import submit
from tests.support.workers import (
    PATIENCE_SECONDS,
    Workers,
    job,
    wait_for,
    wait_for_end,
    wait_for_state,
)

pytestmark = pytest.mark.usefixtures("broker")


# These share a worker, so they come first.


def test_a_failing_job_is_tried_again_and_then_fails_with_a_reason(
    tmp_path: Path, worker: Workers
) -> None:
    log = tmp_path / "log"
    job_id = submit(tasks.fail, str(log))

    row = wait_for_end(job_id)
    assert row.state == State.FAILED
    assert row.reason is not None
    assert "ValueError" in row.reason
    assert "secret-detail" not in row.reason
    assert log.read_text().split() == ["tried"] * 3


def test_what_cannot_be_done_is_not_tried_again(worker: Workers) -> None:
    row = wait_for_end(submit(tasks.refuse))

    assert (row.state, row.reason, row.attempt) == (State.FAILED, "The file is no good.", 1)


def test_a_job_that_takes_too_long_fails_and_says_so(tmp_path: Path, worker: Workers) -> None:
    row = wait_for_end(submit(tasks.sleep, str(tmp_path / "log"), 60, timeout_seconds=1))

    assert row.state == State.FAILED
    assert row.reason == "It took longer than 1 second."


def test_a_job_that_takes_too_long_in_c_code_is_ended_too(tmp_path: Path, worker: Workers) -> None:
    log = tmp_path / "log"
    row = wait_for_end(submit(tasks.stay_in_c, str(log), timeout_seconds=1))

    assert (row.state, row.reason) == (State.FAILED, "It took longer than it may.")
    assert log.read_text().split() == ["began"]


def test_a_stopped_running_job_ends_at_once_and_takes_its_process_along(
    tmp_path: Path, worker: Workers
) -> None:
    log, numbers = tmp_path / "log", tmp_path / "numbers"
    for _ in range(3):
        wait_for_end(submit(tasks.count, str(numbers)))
    shared = numbers.read_text().split()
    assert len(set(shared)) < len(shared), "each had a process of its own"
    job_id = submit(tasks.sleep, str(log), 60)
    wait_for_state(job_id, State.RUNNING)
    wait_for(log.exists)

    submission.cancel(job_id)
    assert wait_for_end(job_id).state == State.CANCELLED
    assert log.read_text().split() == ["began"]
    wait_for_end(submit(tasks.count, str(numbers)))
    assert numbers.read_text().split()[-1] not in shared


def test_a_worker_runs_no_function_that_a_payload_names(
    tmp_path: Path, engine: engines.Engine, broker: Broker, worker: Workers
) -> None:
    victim = tmp_path / "victim"
    known = submit(tasks.count, str(tmp_path / "first"))
    wait_for_end(known)
    for payload in (f'["os.system", null, ["touch {victim}"], {{}}]', "\x80garbage"):
        for job_id in ("forged", known):
            broker.forge(Queue.STT, job_id, payload)

    assert wait_for_end(submit(tasks.count, str(tmp_path / "last"))).state == State.FINISHED
    wait_for(lambda: engine.depth(Queue.STT) == 0)
    assert not victim.exists()
    assert len((tmp_path / "first").read_text().splitlines()) == 1
    assert worker.processes[0].poll() is None


def test_a_job_whose_process_dies_is_settled_at_once_and_run_again(
    tmp_path: Path, worker: Workers
) -> None:
    log = tmp_path / "log"
    killed = submit(tasks.end_by_signal, signal.SIGKILL)
    left = submit(tasks.leave)

    row = wait_for_end(killed)
    assert (row.state, row.attempt) == (State.FAILED, 3)
    assert row.reason == "The process that worked on it ended unexpectedly."
    assert wait_for_end(left).state == State.FAILED
    assert wait_for_end(submit(tasks.count, str(log))).state == State.FINISHED


def test_jobs_begin_in_the_order_in_which_they_came(tmp_path: Path, workers: Workers) -> None:
    logs = [tmp_path / str(n) for n in range(5)]
    ids = [submit(tasks.count, str(log)) for log in logs]

    workers.start()
    rows = [wait_for_end(job_id) for job_id in ids]
    starts = [row.started_at for row in rows]
    assert starts == sorted(starts, key=str)


def test_the_first_queue_goes_first_and_the_other_does_not_wait_for_ever(
    tmp_path: Path, workers: Workers
) -> None:
    log = str(tmp_path / "log")
    behind = submit(tasks.count_behind, log)
    first = [submit(tasks.count, log) for _ in range(12)]

    workers.start()
    began = {job_id: str(wait_for_end(job_id).started_at) for job_id in [behind, *first]}
    assert began[first[0]] < began[behind] < began[first[-1]]


def test_a_job_delivered_twice_is_run_once(
    tmp_path: Path, engine: engines.Engine, workers: Workers
) -> None:
    log = tmp_path / "log"
    job_id = submit(tasks.count, str(log))
    for _ in range(3):
        engine.enqueue(Delivery(job_id, Queue.STT, name_of(tasks.count), 9))

    workers.start()
    workers.start()
    wait_for_end(job_id)
    wait_for(lambda: engine.depth(Queue.STT) == 0)
    last = submit(tasks.count, str(log))
    wait_for_end(last)
    assert len(log.read_text().splitlines()) == 2


def test_an_enqueued_job_waits_in_its_queue(engine: engines.Engine) -> None:
    engine.enqueue(Delivery("a", Queue.STT, "x.y", 9))
    engine.enqueue_new([
        Delivery("b", Queue.STT, "x.y", 9),
        Delivery("c", Queue.USRREG, "x.y", 9),
        Delivery("d", Queue.STT, "x.y", 9),
    ])  # fmt: skip
    engine.enqueue_new([])

    assert engine.is_up()
    assert [engine.depth(queue) for queue in (Queue.STT, Queue.USRREG, Queue.MAIL)] == [3, 1, 0]
    assert list(engine.missing(Queue.STT, ["a", "b", "d"])) == []
    assert list(engine.missing(Queue.STT, [])) == []


def test_what_the_server_has_lost_is_found(engine: engines.Engine, broker: Broker) -> None:
    ids = [f"job-{number}" for number in range(6)]
    engine.enqueue_new([Delivery(one, Queue.STT, "x.y", 9) for one in ids])
    broker.lose(Queue.STT)

    assert list(engine.missing(Queue.STT, ids)) == ids
    # As the dispatcher does: some now, the others in a later pass, none of them twice.
    for one in ids[:4]:
        engine.enqueue(Delivery(one, Queue.STT, "x.y", 9))
    assert list(engine.missing(Queue.STT, ids)) == ids[4:]
    for one in ids[4:]:
        engine.enqueue(Delivery(one, Queue.STT, "x.y", 9))
    assert list(engine.missing(Queue.STT, ids)) == []


def test_a_job_put_at_the_front_is_next(
    tmp_path: Path, engine: engines.Engine, broker: Broker, workers: Workers
) -> None:
    ids = [submit(tasks.count, str(tmp_path / str(number))) for number in range(3)]
    broker.lose(Queue.STT)
    name = name_of(tasks.count)
    for one in ids:
        engine.enqueue(Delivery(one, Queue.STT, name, 9), at_front=one == ids[2])

    workers.start()
    began = {one: str(wait_for_end(one).started_at) for one in ids}
    assert sorted(ids, key=began.__getitem__) == [ids[2], ids[0], ids[1]]


def test_a_stopped_waiting_job_is_never_run(
    tmp_path: Path, engine: engines.Engine, workers: Workers
) -> None:
    log = tmp_path / "log"
    job_id = submit(tasks.count, str(log))

    submission.cancel(job_id)
    workers.start()
    wait_for_end(submit(tasks.count, str(tmp_path / "other")))
    wait_for(lambda: engine.depth(Queue.STT) == 0)
    assert job(job_id).state == State.CANCELLED
    assert not log.exists()


def test_the_payload_is_json_and_holds_nothing_but_the_id(broker: Broker) -> None:
    job_id = submit(tasks.sleep, "/private/path", 1, title="My diary.mp3", owner="guest:me")

    read, everything = broker.payload(Queue.STT)
    assert read == [job_id]
    for secret in (b"private", b"diary", b"guest:me"):
        assert secret not in everything


def test_what_a_dead_worker_had_is_run_by_another(
    tmp_path: Path, setting: Callable[..., None], broker: Broker, workers: Workers
) -> None:
    setting(lease_seconds=3)
    log = tmp_path / "log"
    process = workers.start()
    job_id = submit(tasks.count_slowly, str(log), 3.0)
    wait_for(log.exists)

    process.kill()
    workers.start()
    row = wait_for_end(job_id)
    assert (row.state, row.attempt) == (State.FINISHED, 2)
    assert log.read_text().split() == ["began", "began", "ended"]


@pytest.mark.parametrize("how", ["signal", "engine"])
def test_a_worker_finishes_its_job_before_it_stops(
    how: str, tmp_path: Path, engine: engines.Engine, workers: Workers
) -> None:
    log, end = tmp_path / "log", tmp_path / "end"
    process = workers.start()
    job_id = submit(tasks.sleep_until, str(log), str(end))
    wait_for(log.exists)
    waiting = submit(tasks.count, str(tmp_path / "other"))

    if how == "signal":
        process.terminate()
    else:
        engine.stop_worker(name_of_worker(), now=False)
        wait_for(lambda: set(engine.stopping([name_of_worker(), "nobody"])) == {name_of_worker()})
    end.touch()
    assert process.wait(PATIENCE_SECONDS) == 0
    assert job(job_id).state == State.FINISHED
    assert job(waiting).state == State.WAITING


@pytest.mark.parametrize("how", ["signal", "engine"])
def test_a_worker_that_is_to_stop_now_gives_its_job_back(
    how: str, tmp_path: Path, engine: engines.Engine, workers: Workers
) -> None:
    log, end = tmp_path / "log", tmp_path / "end"
    process = workers.start()
    job_id = submit(tasks.sleep_until, str(log), str(end))
    wait_for(log.exists)

    if how == "signal":
        while process.poll() is None:
            process.terminate()
            time.sleep(0.2)  # Two at once are one.
    else:
        stop_now(engine, process)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert job(job_id).state == State.WAITING
    end.touch()
    workers.start()
    row = wait_for_end(job_id)
    assert (row.state, row.attempt) == (State.FINISHED, 2)


def stop_now(engine: engines.Engine, process: subprocess.Popen[bytes]) -> None:
    """Tell a worker until it has gone, as one that has just begun may not hear."""
    name = name_of_worker()
    while process.poll() is None:
        engine.stop_worker(name, now=True)
        time.sleep(0.5)


def name_of_worker() -> str:
    """Return the name of the worker that is on the register."""
    name: str = scalar("SELECT name FROM workers")
    return name
