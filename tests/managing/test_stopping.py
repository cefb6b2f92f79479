"""`manage_worker.py stop`: no running job is killed, whatever is stopped from wherever."""

import signal
from pathlib import Path

import psutil

from app_srvc import engines
from app_srvc.jobs.states import State
from tests.managing.conftest import Machine
from tests.support import tasks
from tests.support.rows import rows, scalar
from tests.support.submitting import submit
from tests.support.workers import Workers, job, wait_for, wait_for_end


def begun(log: Path) -> str:
    """Submit a job that lasts until there is a file "end", and wait until it has begun."""
    job_id = submit(tasks.sleep_until, str(log), str(log.with_name("end")))
    wait_for(lambda: log.exists() and "began" in log.read_text())
    return job_id


def outcomes(job_id: str) -> list[str]:
    """Return how each attempt at a job has ended."""
    found = rows("SELECT outcome FROM job_attempts WHERE job_id = %s ORDER BY attempt", job_id)
    return [outcome for (outcome,) in found]


def test_idle_ones_go_first_and_a_running_job_is_finished(machine: Machine, tmp_path: Path) -> None:
    machine.run("start", "-n", "3", "--queue", "stt")
    log = tmp_path / "log"
    job_id = begun(log)
    (busy,) = [worker["name"] for worker in machine.workers() if worker["job"]]

    assert machine.run("stop", "-n", "1").stdout == "1 worker stopped.\n"
    wait_for(lambda: len(machine.names()) == 2)
    assert machine.run("stop", "-n", "1").stdout == "1 worker stopped.\n"
    assert [worker["name"] for worker in machine.workers()] == [busy]
    stopping = machine.begin("stop", "--all")
    wait_for(lambda: [worker["state"] for worker in machine.workers()] == ["stopping"])
    # Who asks again wants no more than before.
    again = machine.begin("stop", "--all")
    assert again.stdout is not None
    assert again.stdout.readline().startswith("1 job to be finished first;")
    log.with_name("end").touch()
    for asked in (stopping, again):
        asked.communicate(timeout=120)
        assert asked.returncode == 0
    assert job(job_id).state == State.FINISHED
    assert outcomes(job_id) == ["finished"]
    assert log.read_text().split() == ["began", "ended"]
    wait_for(lambda: not machine.processes())
    assert scalar("SELECT count(*) FROM workers") == 0


def test_from_another_machine_none_is_begun_anew_and_now_gives_the_job_back(
    machine: Machine, other: Machine, tmp_path: Path
) -> None:
    machine.run("start", "-n", "2", "--queue", "stt")
    job_id = begun(tmp_path / "log")
    assert {worker["supervised_here"] for worker in other.workers()} == {False}

    assert other.run("stop", "--all", "--now").stdout == "2 workers stopped.\n"
    wait_for(lambda: not machine.processes())
    row = job(job_id)
    assert (row.state, row.failures) == (State.WAITING, 0)
    assert outcomes(job_id) == ["given back"]
    assert machine.names() == []


def test_now_hurries_a_worker_that_was_told_to_finish_its_job(
    machine: Machine, tmp_path: Path
) -> None:
    machine.run("start", "--queue", "stt")
    job_id = begun(tmp_path / "log")
    patient = machine.begin("stop", "--all")
    wait_for(lambda: [worker["state"] for worker in machine.workers()] == ["stopping"])
    patient.send_signal(signal.SIGINT)
    assert "does so by itself" in patient.communicate(timeout=60)[1]
    assert patient.returncode == 130
    assert job(job_id).state == State.RUNNING

    machine.run("stop", "--all", "--now")
    assert outcomes(job_id) == ["given back"]
    wait_for(lambda: not machine.processes())


def test_only_those_of_the_queue_are_stopped(machine: Machine) -> None:
    machine.run("start", "--queue", "mail")
    machine.run("start", "--queue", "usrreg")

    assert machine.run("stop", "--all", "--queue", "mail").stdout == "1 worker stopped.\n"
    assert machine.names() == ["usrreg-1"]
    assert [worker["queues"] for worker in machine.workers()] == [["usrreg"]]


def test_one_that_is_just_starting_is_stopped_too(machine: Machine) -> None:
    starting = machine.begin("start", "-n", "2", "--queue", "mail")
    wait_for(lambda: len(machine.names()) == 2)
    machine.processes()

    assert machine.run("stop", "--all").returncode == 0
    wait_for(lambda: not machine.processes())
    starting.kill()
    starting.communicate()


def test_one_that_cannot_show_itself_is_stopped_too(machine: Machine) -> None:
    nowhere = "postgresql:///cherha?host=/nowhere"
    told = machine.run("start", "--queue", "mail", DATABASE_URL=nowhere)
    assert told.returncode == 0
    assert "They do not show themselves yet" in told.stderr

    assert machine.run("stop", "--all").returncode == 0
    wait_for(lambda: not machine.processes())


def test_a_supervisor_that_is_told_by_a_signal_takes_its_workers_along(
    machine: Machine, tmp_path: Path
) -> None:
    machine.run("start", "-n", "2", "--queue", "stt")
    job_id = begun(tmp_path / "log")
    (supervisor,) = machine.supervisors()

    supervisor.send_signal(signal.SIGTERM)
    wait_for(lambda: len(machine.workers()) == 1)
    supervisor.send_signal(signal.SIGTERM)
    wait_for(lambda: not machine.processes())
    assert outcomes(job_id) == ["given back"]


def test_without_the_queue_server_it_says_how_to_stop_those_of_this_machine(
    machine: Machine,
) -> None:
    machine.run("start", "--queue", "mail")
    told = machine.run("stop", "--all", QUEUE_URL="unix:///nowhere/redis.sock")

    assert told.returncode == 2
    (supervisor,) = machine.supervisors()
    assert f"`kill {supervisor.pid}` stops those" in told.stderr
    supervisor.terminate()
    wait_for(lambda: not machine.processes())


def test_one_of_a_crew_that_is_told_is_not_replaced(workers: Workers) -> None:
    process = workers.start("recordworker.py", RECORD_WORKERS="2")
    wait_for(lambda: scalar("SELECT count(*) FROM workers") == 2)
    children = psutil.Process(process.pid).children()

    for (name,) in rows("SELECT name FROM workers"):
        wait_for(lambda name=name: _told(name))  # type: ignore[misc]
    assert process.wait(60) == 0
    assert not any(child.is_running() for child in children)


def _told(name: str) -> bool:
    """Tell a worker to stop, and say whether it has gone."""
    engines.current().stop_worker(name, now=False)
    return not rows("SELECT 1 FROM workers WHERE name = %s", name)


def test_told_through_the_engine_again_and_again_a_worker_finishes_its_job(
    worker: Workers, tmp_path: Path
) -> None:
    job_id = begun(tmp_path / "log")
    name = scalar("SELECT name FROM workers")
    engine = engines.current()
    for _ in range(5):
        engine.stop_worker(name, now=False)
    wait_for(lambda: engine.stopping([name, "nobody"]) == {name})
    engine.stop_worker(name, now=False)
    (tmp_path / "end").touch()

    assert wait_for_end(job_id).state == State.FINISHED
    assert outcomes(job_id) == ["finished"]
    assert worker.processes[0].wait(60) == 0
