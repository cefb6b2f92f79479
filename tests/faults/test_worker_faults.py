"""Workers die, freeze, are stopped, and meet jobs that kill them. Nothing may be lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import redis
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer

from app_srvc import db, settings
from app_srvc.errors import Conflict
from app_srvc.jobs import submission
from app_srvc.jobs.repository import reading
from app_srvc.jobs.states import State
from tests.faults.outcomes import Tell
from tests.support import tasks
from tests.support.product import is_alive
from tests.support.rows import scalar
from tests.support.submitting import submit
from tests.support.workers import Workers, job, wait_for, wait_for_end, wait_for_state

pytestmark = pytest.mark.usefixtures("database")

Figure = Callable[[str], None]

# The first test measures the lease as it is; the others need not wait so long.
QUICK = {"LEASE_SECONDS": "4"}


def worker_process(job_id: str, workers: Workers) -> psutil.Process:
    """Return the worker that runs a job."""
    pid = int(scalar("SELECT worker FROM jobs WHERE id = %s", job_id).split("-")[-2])
    assert pid in [process.pid for process in workers.processes]
    return psutil.Process(pid)


def outcomes(job_id: str) -> list[str | None]:
    """Return how the job's attempts ended."""
    with db.transaction() as conn:
        return [attempt.outcome for attempt in reading.attempts(conn, job_id)]


def begun(job_id: str, log: Path) -> None:
    """Wait until the task itself is at work."""
    wait_for_state(job_id, State.RUNNING)
    wait_for(log.exists)


@pytest.mark.fault("F1")
def test_a_killed_workers_job_runs_again(
    tmp_path: Path, workers: Workers, figure: Figure, outcome: Tell
) -> None:
    workers.start()
    log = tmp_path / "log"
    job_id = submit(tasks.sleep, str(log), 3)
    begun(job_id, log)
    workers.start()

    process = worker_process(job_id, workers)
    horses = process.children()
    process.kill()
    killed_at = time.monotonic()
    wait_for(lambda: job(job_id).attempt == 2)
    noticed = time.monotonic() - killed_at
    row = wait_for_end(job_id)
    figure(f"worker killed -9: its job ran again after {noticed:.1f} s (target 30)")
    assert row.state == State.FINISHED
    outcome(seconds=noticed, twice=log.read_text().split().count("ended") - 1)
    assert log.read_text().split() == ["began", "began", "ended"]
    assert not any(horse.is_running() for horse in horses)


@pytest.mark.fault("F1")
def test_a_frozen_dispatcher_does_not_stop_the_others(
    tmp_path: Path, workers: Workers, figure: Figure
) -> None:
    workers.start(**QUICK)
    wait_for_end(submit(tasks.count, os.devnull))
    # The first one dispatches: it has held the lock for long enough to show it.
    wait_for(lambda: dispatches(workers.processes[0].pid))
    frozen = psutil.Process(workers.processes[0].pid)
    frozen.suspend()
    workers.start(**QUICK)
    log = tmp_path / "log"
    job_id = submit(tasks.sleep, str(log), 2)
    begun(job_id, log)

    worker_process(job_id, workers).kill()
    workers.start(**QUICK)
    began = time.monotonic()
    assert wait_for_end(job_id).state == State.FINISHED
    figure(
        f"dispatcher frozen, worker killed: its job was done {time.monotonic() - began:.0f} s on"
    )
    assert outcomes(job_id) == ["lost", "finished"]


def dispatches(pid: int) -> bool:
    """Say whether a worker holds the post of dispatcher."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        return cur.fetchone() == (1,) and psutil.pid_exists(pid)


@pytest.mark.fault("F1")
def test_the_only_workers_job_runs_again_when_it_is_replaced(
    tmp_path: Path, workers: Workers
) -> None:
    workers.start(**QUICK)
    log = tmp_path / "log"
    job_id = submit(tasks.sleep, str(log), 2)
    begun(job_id, log)

    worker_process(job_id, workers).kill()
    workers.start(**QUICK)
    assert wait_for_end(job_id).state == State.FINISHED
    assert outcomes(job_id) == ["lost", "finished"]


@pytest.mark.fault("F9")
def test_a_frozen_worker_that_wakes_up_late_changes_nothing(
    tmp_path: Path, workers: Workers, figure: Figure, outcome: Tell
) -> None:
    workers.start(**QUICK)
    log = tmp_path / "log"
    job_id = submit(tasks.sleep, str(log), 3)
    begun(job_id, log)
    process = worker_process(job_id, workers)
    frozen = [process, *process.children()]

    for one in frozen:
        one.suspend()
    workers.start(**QUICK)
    assert wait_for_end(job_id).state == State.FINISHED
    for one in frozen:
        one.resume()
    time.sleep(2)
    outcome(twice=log.read_text().split().count("ended") - 1)
    assert outcomes(job_id) == ["lost", "finished"]
    assert log.read_text().split().count("ended") == 1
    figure("worker frozen beyond its lease: effects 1, its late report changed nothing")


@pytest.mark.fault("F2")
def test_a_killed_horses_job_runs_again(
    tmp_path: Path, worker: Workers, figure: Figure, outcome: Tell
) -> None:
    log = tmp_path / "log"
    job_id = submit(tasks.sleep, str(log), 3)
    begun(job_id, log)

    (horse,) = worker_process(job_id, worker).children()
    horse.kill()
    killed_at = time.monotonic()
    wait_for(lambda: job(job_id).attempt == 2)
    noticed = time.monotonic() - killed_at
    figure(f"horse killed -9: its job ran again after {noticed:.2f} s (target 5)")
    outcome(seconds=noticed)
    assert wait_for_end(job_id).state == State.FINISHED
    assert outcomes(job_id) == ["lost", "finished"]


@pytest.mark.fault("F2")
def test_a_job_whose_horse_always_dies_fails_and_says_so(
    worker: Workers, figure: Figure, outcome: Tell
) -> None:
    wait_for_end(submit(tasks.count, os.devnull))
    began = time.monotonic()
    row = wait_for_end(submit(tasks.end_by_signal, signal.SIGKILL))

    seconds = time.monotonic() - began
    figure(f"horse killed -9 three times: 'failed' after {seconds:.2f} s (target 2)")
    outcome(finished=0, failed=1, seconds=seconds)
    assert (row.state, row.attempt) == (State.FAILED, 3)
    assert row.reason == "The process that worked on it ended unexpectedly."


JOBS = int(os.environ.get("POPPED_JOBS", "300"))
POP_AND_DIE = """
import os, sys, redis
client = redis.Redis.from_url(sys.argv[1])
for n in range(int(sys.argv[2])):
    if n % 2:
        client.lpop("rq:queue:stt")
    else:
        client.lmove("rq:queue:stt", "rq:queue:stt:intermediate")
os.kill(os.getpid(), 9)
"""


@pytest.mark.fault("F3")
def test_jobs_popped_by_a_worker_that_then_died_are_all_done(
    tmp_path: Path, workers: Workers, figure: Figure, outcome: Tell
) -> None:
    log = tmp_path / "log"
    ids = [submit(tasks.count, str(log)) for _ in range(JOBS)]
    died = subprocess.run([sys.executable, "-c", POP_AND_DIE, settings.load().queue_url, str(JOBS)])
    assert died.returncode == -signal.SIGKILL

    began = time.monotonic()
    workers.start()
    workers.start()
    wait_for(lambda: all_ended(ids))
    seconds = time.monotonic() - began
    lines = len(log.read_text().splitlines())
    figure(
        f"killed between pop and start: of {JOBS} lost {JOBS - lines}, all done in {seconds:.0f} s"
    )
    outcome(accepted=JOBS, finished=lines, lost=JOBS - lines)
    assert lines == JOBS


def all_ended(ids: list[str]) -> bool:
    """Say whether all jobs are finished."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT count(*) FROM jobs WHERE id = ANY(%s::uuid[]) AND state = 'finished'", (ids,)
        )
        row = cur.fetchone()
    return row == (len(ids),)


@pytest.mark.fault("F8")
@pytest.mark.parametrize(
    ("task", "args"),
    [
        (tasks.crash, ()),
        (tasks.leave, ()),
        (tasks.end_by_signal, (int(signal.SIGKILL),)),
        (tasks.end_by_signal, (int(signal.SIGTERM),)),
    ],
)
def test_a_poison_job_ends_after_its_tries_and_holds_up_nobody(
    task: Callable[..., None],
    args: tuple[object, ...],
    worker: Workers,
    figure: Figure,
    outcome: Tell,
) -> None:
    poison = submit(task, *args)
    began = time.monotonic()
    other = submit(tasks.count, os.devnull)

    assert wait_for_end(other).state == State.FINISHED
    delay = time.monotonic() - began
    row = wait_for_end(poison)
    figure(f"poison ({task.__name__} {args}): {row.attempt} tries, others waited {delay:.1f} s (5)")
    outcome(accepted=2, failed=1, more={"seconds others waited": delay})
    assert row.state == State.FAILED
    assert row.reason
    assert row.attempt <= 3


@pytest.mark.fault("F8")
def test_an_undecodable_delivery_is_replaced_by_a_good_one(
    tmp_path: Path, workers: Workers, outcome: Tell
) -> None:
    log = tmp_path / "log"
    job_id = submit(tasks.count, str(log))
    with redis.Redis.from_url(settings.load().queue_url) as client:
        client.hset(f"rq:job:{job_id}", "data", b"\x80\x04no")
        client.hset(f"rq:job:{job_id}", "timeout", b"soon")

    workers.start()
    assert wait_for_end(job_id).state == State.FINISHED
    assert len(log.read_text().splitlines()) == 1
    outcome()


@pytest.mark.fault("F9")
def test_another_hosts_fast_clock_starts_no_second_run(
    tmp_path: Path, worker: Workers, figure: Figure, outcome: Tell
) -> None:
    log = tmp_path / "log"
    job_id = submit(tasks.sleep, str(log), 3)
    begun(job_id, log)

    with redis.Redis.from_url(settings.load().queue_url) as client:
        registry = StartedJobRegistry("stt", client, serializer=JSONSerializer)
        registry.cleanup(timestamp=time.time() + 120)
        assert client.zcard("rq:failed:stt") == 1
    assert wait_for_end(job_id).state == State.FINISHED
    outcome(twice=log.read_text().split().count("ended") - 1)
    assert outcomes(job_id) == ["finished"]
    assert log.read_text().split() == ["began", "ended"]
    figure("clean-up by a clock 120 s ahead: effects 1")


@pytest.mark.fault("F11")
@pytest.mark.parametrize("task", [tasks.sleep, tasks.spin, tasks.stay_in_c])
def test_cancel_ends_a_running_job_and_all_its_processes(
    task: Callable[..., None], tmp_path: Path, worker: Workers, figure: Figure, outcome: Tell
) -> None:
    log = tmp_path / "log"
    args = (str(log), 60) if task is tasks.sleep else (str(log),)
    job_id = submit(task, *args)
    begun(job_id, log)
    time.sleep(0.2)
    processes = worker_process(job_id, worker).children(recursive=True)

    asked_at = time.monotonic()
    submission.cancel(job_id)
    wait_for(lambda: not any(is_alive(process) for process in processes))
    row = wait_for_end(job_id)
    seconds = time.monotonic() - asked_at
    figure(f"cancel of {task.__name__}: {seconds:.2f} s (target 2), {len(processes)} gone")
    outcome(finished=0, seconds=seconds)
    assert row.state == State.CANCELLED
    assert outcomes(job_id) == ["cancelled"]


@pytest.mark.fault("F11")
def test_cancel_reaches_the_job_when_the_engine_has_forgotten_everything(
    tmp_path: Path, worker: Workers
) -> None:
    log = tmp_path / "log"
    job_id = submit(tasks.sleep, str(log), 60)
    begun(job_id, log)
    with redis.Redis.from_url(settings.load().queue_url) as client:
        client.flushall()

    submission.cancel(job_id)
    assert wait_for_end(job_id).state == State.CANCELLED


@pytest.mark.fault("F14")
def test_a_worker_told_to_stop_finishes_its_job_and_begins_no_other(
    tmp_path: Path, worker: Workers, outcome: Tell
) -> None:
    log = tmp_path / "log"
    first = submit(tasks.sleep, str(log), 2)
    begun(first, log)
    second = submit(tasks.count, os.devnull)

    worker.processes[0].send_signal(signal.SIGTERM)
    assert worker.processes[0].wait(60) == 0
    assert job(first).state == State.FINISHED
    assert job(second).state == State.WAITING
    outcome()


@pytest.mark.fault("F14")
def test_a_worker_told_twice_gives_its_job_back_uncounted(
    tmp_path: Path, workers: Workers, outcome: Tell
) -> None:
    process = workers.start()
    log = tmp_path / "log"
    job_id = submit(tasks.sleep, str(log), 2.5)
    begun(job_id, log)

    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    row = job(job_id)
    assert (row.state, row.failures) == (State.WAITING, 0)
    workers.start()
    assert wait_for_end(job_id).state == State.FINISHED
    assert outcomes(job_id) == ["given back", "finished"]
    outcome(twice=log.read_text().split().count("ended") - 1)


@pytest.mark.fault("F14")
def test_a_deploy_that_kills_after_its_grace_loses_nothing(
    tmp_path: Path, workers: Workers, figure: Figure, outcome: Tell
) -> None:
    old = [workers.start(**QUICK), workers.start(**QUICK)]
    logs = [tmp_path / "one", tmp_path / "two"]
    ids = [submit(tasks.sleep, str(log), 8) for log in logs]
    for job_id, log in zip(ids, logs, strict=True):
        begun(job_id, log)

    for process in old:
        process.send_signal(signal.SIGTERM)
    workers.start(**QUICK)
    workers.start(**QUICK)
    time.sleep(3)
    for process in old:
        process.kill()
    rows = [wait_for_end(job_id) for job_id in ids]
    figure("SIGTERM, then SIGKILL with jobs running: lost 0, effects twice 0")
    ends = sum(log.read_text().split().count("ended") for log in logs)
    outcome(accepted=2, finished=2, twice=ends - 2)
    assert [row.state for row in rows] == [State.FINISHED] * 2
    assert [log.read_text().split().count("ended") for log in logs] == [1, 1]


@pytest.mark.fault("F1")
def test_the_payload_of_a_lost_job_is_delivered_again_at_the_front(
    tmp_path: Path, worker: Workers
) -> None:
    log = tmp_path / "log"
    first = submit(tasks.sleep, str(log), 1.5)
    begun(first, log)
    behind = [submit(tasks.sleep, str(tmp_path / f"behind{n}"), 0.1) for n in range(3)]

    worker_process(first, worker).children()[0].kill()
    rows = [wait_for_end(job_id) for job_id in (first, *behind)]
    with db.transaction() as conn:
        again = reading.attempts(conn, first)[1].started_at
    assert all(row.started_at is not None and again < row.started_at for row in rows[1:])


@pytest.mark.fault("F8")
def test_a_job_of_a_task_that_nobody_knows_fails_and_says_so(
    worker: Workers, outcome: Tell
) -> None:
    job_id = submit(tasks.count, os.devnull)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE jobs SET task = 'os.system' WHERE id = %s", (job_id,))

    row = wait_for_end(job_id)
    outcome(finished=0, failed=1)
    assert row.state == State.FAILED
    assert row.reason


@pytest.mark.fault("F9")
def test_a_job_delivered_again_while_it_runs_takes_effect_once(
    tmp_path: Path, workers: Workers, outcome: Tell
) -> None:
    workers.start()
    workers.start()
    log = tmp_path / "log"
    job_id = submit(tasks.sleep, str(log), 2)
    begun(job_id, log)

    with redis.Redis.from_url(settings.load().queue_url) as client:
        client.rpush("rq:queue:stt", job_id, job_id)
    assert wait_for_end(job_id).state == State.FINISHED
    wait_for(lambda: wait_for_end(submit(tasks.count, os.devnull)).state == State.FINISHED)
    outcome(twice=log.read_text().split().count("ended") - 1)
    assert log.read_text().split() == ["began", "ended"]


@pytest.mark.fault("F11")
def test_cancel_of_what_waits_and_of_what_has_just_ended(
    tmp_path: Path, worker: Workers, outcome: Tell
) -> None:
    log = tmp_path / "log"
    running = submit(tasks.sleep, str(log), 3)
    begun(running, log)
    waiting = submit(tasks.count, str(tmp_path / "never"))

    asked_at = time.monotonic()
    submission.cancel(waiting)
    row = wait_for_end(waiting)
    outcome(accepted=2, seconds=time.monotonic() - asked_at)
    assert (row.state, row.attempt) == (State.CANCELLED, 0)
    assert wait_for_end(running).state == State.FINISHED
    with pytest.raises(Conflict):
        submission.cancel(running)
    assert job(running).state == State.FINISHED
    assert not (tmp_path / "never").exists()
