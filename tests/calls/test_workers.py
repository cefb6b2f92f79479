"""Workers that fork for none of their calls: how they end, and what ends with them."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from rq import Worker
from rq.job import Job
from rq.queue import Queue
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.suspension import resume, suspend
from rq.worker import BaseWorker

from app_srvc import db, engines
from app_srvc.jobs.repository import workers as register
from tests.support.calling import Calling
from tests.support.rows import scalar
from tests.support.workers import wait_for

if TYPE_CHECKING:
    from tests.conftest import Servers

PATIENT = {"CALL_TAKE_SECONDS": "60", "CALL_WAIT_SECONDS": "60"}


def name_of_the_worker() -> str:
    """Return the name of the only worker on the register."""
    return str(scalar("SELECT name FROM workers"))


def state_of(worker: BaseWorker) -> str:
    """Return what rq says of a worker now."""
    worker.refresh()  # type: ignore[no-untyped-call]
    return str(worker.get_state())


def test_told_to_stop_a_worker_finishes_what_runs_and_takes_nothing_more(
    start: Callable[..., Calling],
) -> None:
    calling = start(**PATIENT)
    crew = calling.start_workers("--processes", "1", "--threads", "2")
    running = [calling.begin("nap", seconds=2), calling.begin("long_nap", seconds=2)]
    wait_for(lambda: calling.running() == 2)
    crew.send_signal(signal.SIGTERM)
    later = calling.begin("nap", seconds=0)

    assert [one.result().status for one in running] == [200, 200]
    assert crew.wait(60) == 0
    assert scalar("SELECT count(*) FROM workers") == 0
    assert calling.redis.scard("rq:workers") == 0
    assert not later.done()
    calling.start_workers("--processes", "1")
    assert later.result().status == 200


def test_told_twice_it_gives_jobs_back_and_says_so_to_whoever_waits_for_others(
    start: Callable[..., Calling], tmp_path: Path
) -> None:
    calling = start(**PATIENT)
    crew = calling.start_workers("--processes", "1", "--threads", "2")
    lost = calling.begin("nap", seconds=600)
    recorded = calling.begin("long_nap", seconds=5, log=str(tmp_path / "log"))
    wait_for(lambda: calling.running() == 2 and (tmp_path / "log").exists())
    crew.send_signal(signal.SIGTERM)
    wait_for(
        lambda: calling.redis.hget(f"rq:worker:{name_of_the_worker()}", "shutdown_requested_date")
    )
    crew.send_signal(signal.SIGTERM)

    assert crew.wait(60) == 0
    told = lost.result()
    assert (told.status, told.body["detail"]) == (
        503,
        "The worker was stopped. Please send it again.",
    )
    assert scalar("SELECT state FROM jobs") == "waiting"
    calling.start_workers("--processes", "1")
    assert recorded.result().status == 200
    assert scalar("SELECT outcome FROM job_attempts WHERE attempt = 1") == "given back"


def test_a_worker_is_stopped_through_redis_as_all_are(start: Callable[..., Calling]) -> None:
    calling = start()
    crew = calling.start_workers("--processes", "1")
    wait_for(lambda: scalar("SELECT count(*) FROM workers") == 1)
    name = name_of_the_worker()
    wait_for(lambda: calling.call("hello").status == 200)
    engines.current().stop_worker(name, now=False)

    assert crew.wait(60) == 0


def test_a_recorded_call_whose_worker_dies_is_run_again(
    start: Callable[..., Calling], tmp_path: Path
) -> None:
    calling = start(**PATIENT)
    calling.start_workers("--processes", "2", "--threads", "1")

    told = calling.call("die_once", log=str(tmp_path / "log"))
    assert (told.status, told.body["data"]) == (200, "alive")
    assert scalar("SELECT outcome FROM job_attempts WHERE attempt = 1") == "lost"


def test_a_process_that_dies_is_replaced_and_whoever_waits_is_told(
    start: Callable[..., Calling],
) -> None:
    calling = start(CALL_WAIT_SECONDS="60")
    calling.start_workers("--processes", "1", "--threads", "2")
    before = calling.call("who").body["data"]

    told = calling.call("die")
    assert told.status == 503
    assert int(told.headers["Retry-After"]) > 0
    assert wait_for(lambda: calling.call("who").body.get("data")) != before


@pytest.mark.parametrize("call", ["hang", "hang_recorded"])
def test_a_call_that_hangs_is_given_up_and_its_process_replaced(
    start: Callable[..., Calling], call: str
) -> None:
    calling = start(**PATIENT)
    crew = calling.start_workers("--processes", "1", "--threads", "2")
    before = calling.call("who").body["data"]
    other = calling.begin("nap", seconds=4)
    wait_for(lambda: calling.running() == 1)

    told = calling.call(call)
    assert (told.status, told.body["detail"]) == (500, "It took longer than it may.")
    assert other.result().status == 200
    assert calling.call("who").body["data"] != before
    assert len(psutil.Process(crew.pid).children()) == 1
    assert (calling.places(call), calling.running()) == (0, 0)


def test_a_call_that_lets_nothing_else_in_its_process_get_on_is_killed_with_it(
    start: Callable[..., Calling],
) -> None:
    calling = start(CALL_WAIT_SECONDS="60")
    calling.start_workers("--processes", "1", "--threads", "2")
    before = calling.call("who").body["data"]

    assert calling.call("seize").status == 503
    assert wait_for(lambda: calling.call("who").body.get("data")) != before


def test_rq_sees_the_worker_and_what_it_does(start: Callable[..., Calling]) -> None:
    calling = start(**PATIENT)
    calling.start_workers("--processes", "1", "--threads", "1")
    running = calling.begin("nap", seconds=4, level=2)
    wait_for(lambda: calling.running(2) == 1)
    waiting = calling.begin("nap", seconds=0, level=2)
    wait_for(lambda: calling.waiting(2) == 1)

    (worker,) = Worker.all(connection=calling.redis)
    wait_for(lambda: state_of(worker) == "busy")
    queue = Queue("calls-2", connection=calling.redis, serializer=JSONSerializer)
    (started,) = StartedJobRegistry(queue=queue).get_job_ids(cleanup=False)
    assert worker.queue_names() == [f"calls-{level}" for level in range(10)]
    assert worker.get_current_job_id() == started
    assert queue.count == 1
    job = Job.fetch(started, connection=calling.redis, serializer=JSONSerializer)
    assert (job.get_status(), job.worker_name) == ("started", worker.name)
    assert job.description == f"calls.nap({started})"
    assert [one.result().status for one in (running, waiting)] == [200, 200]


def test_rqs_own_clean_up_finds_what_a_killed_worker_had(start: Callable[..., Calling]) -> None:
    calling = start(**PATIENT, LEASE_SECONDS="600")
    crew = calling.start_workers("--processes", "1", "--threads", "1")
    calling.begin("long_nap", seconds=5)
    wait_for(lambda: calling.running() == 1)
    for process in (*psutil.Process(crew.pid).children(), psutil.Process(crew.pid)):
        process.kill()
    queue = Queue("calls-5", connection=calling.redis, serializer=JSONSerializer)
    registry = StartedJobRegistry(queue=queue)
    (job_id,) = registry.get_job_ids(cleanup=False)

    wait_for(lambda: registry.get_expired_job_ids() == [job_id])
    registry.cleanup()
    assert queue.failed_job_registry.get_job_ids() == [job_id]
    assert scalar("SELECT state FROM jobs") == "running"  # The row decides, by its own lease.
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE jobs SET lease_until = now()")
    calling.start_workers("--processes", "1", LEASE_SECONDS="3")
    wait_for(lambda: scalar("SELECT state FROM jobs") == "finished")


def test_whoever_waits_is_told_of_what_rqs_clean_up_has_found_first(
    start: Callable[..., Calling],
) -> None:
    calling = start(**PATIENT)
    crew = calling.start_workers("--processes", "1", "--threads", "1")
    asked = calling.begin("nap", seconds=5)
    wait_for(lambda: calling.running() == 1)
    for process in (*psutil.Process(crew.pid).children(), psutil.Process(crew.pid)):
        process.kill()
    queue = Queue("calls-5", connection=calling.redis, serializer=JSONSerializer)
    registry = StartedJobRegistry(queue=queue)

    running = calling.redis.zrange(registry.key, 0, -1)
    calling.redis.zadd(registry.key, {str(entry, "ascii"): 1 for entry in running})  # type: ignore[arg-type]
    registry.cleanup()

    assert asked.result(20).status == 503
    assert calling.places("nap") == 0


def test_while_operators_hold_all_workers_back_nothing_is_taken(
    start: Callable[..., Calling],
) -> None:
    calling = start(**PATIENT)
    calling.start_workers("--processes", "1", "--threads", "2")
    assert calling.call("hello").status == 200
    suspend(calling.redis)
    asked = calling.begin("hello")
    wait_for(lambda: calling.waiting() == 1)
    (worker,) = Worker.all(connection=calling.redis)
    wait_for(lambda: state_of(worker) == "suspended")

    assert not asked.done()
    resume(calling.redis)
    assert asked.result().status == 200


def test_a_restart_of_redis_is_survived_by_all(
    start: Callable[..., Calling],
    backing: "Servers",
    record_property: Callable[[str, object], None],
) -> None:
    calling = start()
    crew = calling.start_workers("--processes", "2", "--threads", "2")
    assert calling.call("hello").status == 200
    processes = psutil.Process(crew.pid).children()
    backing.kill("redis")
    before = sum(one.cpu_times().user for one in processes)
    wait_for(lambda: calling.call("hello").status == 503)
    for _ in range(20):
        assert calling.call("hello").status == 503
    used = sum(one.cpu_times().user for one in processes) - before
    backing.revive("redis")

    wait_for(lambda: calling.call("hello").status == 200)
    assert [one.pid for one in psutil.Process(crew.pid).children()] == [
        one.pid for one in processes
    ]
    wait_for(lambda: calling.redis.scard("rq:workers") == 2)
    record_property("figure", f"calls, redis away: 2 workers used {used:.2f} s of the processor")


def test_workers_of_calls_are_on_the_register(start: Callable[..., Calling]) -> None:
    calling = start()
    calling.start_workers("--levels", "0-1", "--processes", "2")

    wait_for(lambda: scalar("SELECT count(*) FROM workers WHERE queues = '{calls-0,calls-1}'") == 2)
    with db.transaction() as conn:
        register.forget_dead(conn)
    assert scalar("SELECT count(*) FROM workers") == 2
