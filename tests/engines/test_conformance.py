"""What every engine must do. The row decides; the engine must deliver, stop and tell."""

import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from app_srvc import engines, settings
from app_srvc.engines.protocol import Delivery
from app_srvc.errors import EngineDown
from app_srvc.jobs import submission
from app_srvc.jobs.registry import name_of
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from tests.support import tasks
from tests.support.submitting import submit
from tests.support.workers import Workers, job, wait_for, wait_for_end, wait_for_state

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def engine(database: None) -> engines.Engine:
    """Return the engine that QUEUE_URL names."""
    return engines.current()


@pytest.fixture
def raw(database: None) -> Iterator[redis.Redis]:
    """Look at what is in Redis."""
    with redis.Redis.from_url(settings.load().queue_url) as client:
        yield client


def test_an_enqueued_job_waits_in_its_queue(engine: engines.Engine) -> None:
    engine.enqueue(Delivery("a", Queue.STT, "x.y", 9))

    assert engine.depth(Queue.STT) == 1
    assert engine.waiting(Queue.STT) == {"a"}


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


def test_a_job_put_at_the_front_is_next(engine: engines.Engine, raw: redis.Redis) -> None:
    engine.enqueue(Delivery("a", Queue.STT, "x.y", 9))
    engine.enqueue(Delivery("b", Queue.STT, "x.y", 9), at_front=True)

    assert raw.lrange("rq:queue:stt", 0, -1) == [b"b", b"a"]


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


def test_a_stopped_waiting_job_is_never_run(
    tmp_path: Path, engine: engines.Engine, workers: Workers
) -> None:
    log = tmp_path / "log"
    job_id = submit(tasks.count, str(log))

    submission.cancel(job_id)
    assert engine.depth(Queue.STT) == 0
    workers.start()
    wait_for_end(submit(tasks.count, str(tmp_path / "other")))
    assert job(job_id).state == State.CANCELLED
    assert not log.exists()


def test_a_stopped_running_job_ends_at_once(tmp_path: Path, worker: Workers) -> None:
    log = tmp_path / "log"
    job_id = submit(tasks.sleep, str(log), 60)
    wait_for_state(job_id, State.RUNNING)
    wait_for(log.exists)

    submission.cancel(job_id)
    assert wait_for_end(job_id).state == State.CANCELLED
    assert log.read_text().split() == ["began"]


def test_the_payload_is_json_and_holds_nothing_but_the_id(raw: redis.Redis) -> None:
    job_id = submit(tasks.sleep, "/private/path", 1, title="My diary.mp3", owner="guest:me")

    stored = raw.hgetall(f"rq:job:{job_id}")
    data = stored[b"data"]
    assert isinstance(data, bytes)
    payload = json.loads(zlib.decompress(data))
    assert payload == ["support.sleep", None, [job_id], {}]
    everything = b" ".join(raw.dump(key) or b"" for key in raw.scan_iter())
    for secret in (b"private", b"diary", b"guest:me"):
        assert secret not in everything


@pytest.mark.parametrize("payload", ['["os.system", null, ["touch {path}"], {{}}]', "\x80garbage"])
def test_a_worker_runs_no_function_that_a_payload_names(
    payload: str, tmp_path: Path, raw: redis.Redis, worker: Workers
) -> None:
    victim = tmp_path / "victim"
    known = submit(tasks.count, str(tmp_path / "first"))
    wait_for_end(known)
    for job_id in ("forged", known):
        raw.hset(
            f"rq:job:{job_id}",
            mapping={
                "data": zlib.compress(payload.format(path=victim).encode("latin1")),
                "origin": "stt",
                "status": "queued",
                "timeout": "10",
                "success_callback_name": "os.abort",
                "failure_callback_name": "os.abort",
            },
        )
        raw.rpush("rq:queue:stt", job_id)

    wait_for(lambda: raw.llen("rq:queue:stt") == 0)
    assert wait_for_end(submit(tasks.count, str(tmp_path / "last"))).state == State.FINISHED
    assert not victim.exists()
    assert len((tmp_path / "first").read_text().splitlines()) == 1
    assert worker.processes[0].poll() is None


def test_an_unreachable_server_is_reported_within_a_second(
    setting: Callable[..., None],
) -> None:
    setting(queue_url="unix:///nowhere/redis.sock")
    engine = engines.current()

    assert not engine.is_up()
    with pytest.raises(EngineDown):
        engine.enqueue(Delivery("a", Queue.STT, "x.y", 9))


def test_new_jobs_come_in_one_go_each_in_its_queue_and_in_order(
    engine: engines.Engine, raw: redis.Redis
) -> None:
    engine.enqueue_new([
        Delivery("a", Queue.STT, "x.y", 9),
        Delivery("b", Queue.USRREG, "x.y", 9),
        Delivery("c", Queue.STT, "x.y", 9),
    ])  # fmt: skip
    engine.enqueue_new([])

    assert raw.lrange("rq:queue:stt", 0, -1) == [b"a", b"c"]
    assert engine.waiting(Queue.USRREG) == {"b"}
