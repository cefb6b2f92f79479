"""`manage_worker.py start` and `status`."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from app_srvc.managing import scripts
from tests.managing.conftest import Machine
from tests.support import tasks
from tests.support.rows import scalar
from tests.support.submitting import submit
from tests.support.workers import ROOT, wait_for, wait_for_end


def test_three_are_shown_and_one_that_is_killed_is_replaced(
    machine: Machine,
) -> None:
    told = machine.run("start", "-n", "3", "--queue", "stt")
    assert told.returncode == 0, told.stderr
    assert "Started stt-1, stt-2, stt-3: 3 workers" in told.stdout
    workers = json.loads(machine.run("status", "--json").stdout)["workers"]
    assert [worker["name"].split("-stt-")[1][0] for worker in workers] == ["1", "2", "3"]
    assert {worker["state"] for worker in workers} == {"idle"}
    assert all(worker["supervised_here"] and worker["memory_bytes"] for worker in workers)

    psutil.Process(workers[1]["pid"]).kill()
    others = {workers[0]["pid"], workers[2]["pid"]}

    def are_three_again() -> bool:
        pids = {worker["pid"] for worker in machine.workers()}
        return len(pids) == 3 and others < pids and workers[1]["pid"] not in pids

    wait_for(are_three_again)
    assert "ended with -9" in (machine.home / "logs" / "stt-2.log").read_text()


def test_a_job_is_shown_by_its_task_and_never_by_its_title(
    machine: Machine, tmp_path: Path
) -> None:
    machine.run("start", "--queue", "stt")
    job_id = submit(tasks.sleep, str(tmp_path / "log"), 60, title="my-secret.mp3")
    (worker,) = wait_for(lambda: [w for w in machine.workers() if w["job"]])
    shown = machine.run("status")

    assert worker["state"] == "busy"
    assert worker["job"]["id"] == job_id
    assert f"support.sleep {job_id}" in shown.stdout
    assert "my-secret" not in shown.stdout + json.dumps(worker)


def test_status_ends_with_1_when_no_worker_lives(machine: Machine) -> None:
    told = machine.run("status")

    assert (told.returncode, told.stdout) == (1, "No worker lives.\n")
    assert json.loads(machine.run("status", "--json").stdout) == {"workers": []}


def test_records_are_handled_by_several_out_of_one_process(machine: Machine) -> None:
    assert machine.run("start", "-n", "2", "--queue", "records").returncode == 0

    assert len(machine.workers()) == 2
    assert machine.names() == ["record-1"]
    assert machine.run("stop", "-n", "1", "--queue", "cycles").stdout == "1 worker stopped.\n"
    assert len(machine.workers()) == 1
    machine.run("stop", "--all")
    wait_for(lambda: not machine.processes())


def test_without_a_queue_one_of_each_kind_is_started(machine: Machine) -> None:
    assert machine.run("start", RECORD_WORKERS="1", CALL_WORKERS="1").returncode == 0

    assert machine.names() == sorted(f"{script.kind}-1" for script in scripts.known())
    assert len(machine.supervisors()) == len(machine.workers()) == len(scripts.known())


def test_they_outlive_the_terminal(machine: Machine) -> None:
    ours, theirs = pty.openpty()
    starting = subprocess.Popen(
        [sys.executable, "manage_worker.py", "start", "--queue", "mail"],
        cwd=ROOT, env=machine.env, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    assert starting.wait(120) == 0
    os.close(ours)

    (supervisor,) = machine.supervisors()
    assert os.getsid(supervisor.pid) == supervisor.pid
    assert supervisor.terminal() is None
    assert len(machine.workers()) == 1


def test_a_killed_supervisor_leaves_no_worker_and_its_names_are_free(machine: Machine) -> None:
    machine.run("start", "-n", "2", "--queue", "mail")
    (supervisor,) = machine.supervisors()
    supervisor.kill()

    wait_for(lambda: not machine.processes())
    assert (machine.home / "workers" / "mail-1").exists()
    assert machine.names() == []
    assert machine.workers() == []
    assert "Started mail-1:" in machine.run("start", "--queue", "mail").stdout
    assert machine.names() == ["mail-1"]


def test_a_name_that_nobody_holds_says_nothing_whoever_has_its_number(machine: Machine) -> None:
    innocent = subprocess.Popen(["sleep", "600"])
    names = machine.home / "workers"
    names.mkdir(parents=True)
    (names / "mail-1").write_text(json.dumps({"host": os.uname().nodename, "supervisor": 1}))
    (names / "mail-2").write_text(
        json.dumps({"host": os.uname().nodename, "supervisor": innocent.pid})
    )

    assert machine.names() == []
    assert machine.run("stop", "--all").stdout == "There is none to stop.\n"
    assert innocent.poll() is None
    assert "Started mail-1:" in machine.run("start", "--queue", "mail").stdout
    innocent.kill()
    innocent.wait()


def test_two_starts_take_different_names(machine: Machine) -> None:
    both = [machine.begin("start", "--queue", "mail") for _ in range(2)]
    for process in both:
        process.communicate(timeout=120)

    assert machine.names() == ["mail-1", "mail-2"]
    assert len(machine.workers()) == 2


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="It needs Linux.")
def test_more_workers_than_cores_are_warned_of(machine: Machine) -> None:
    mine = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(mine)})
        starting = machine.begin("start", "-n", "2", "--queue", "mail")
    finally:
        os.sched_setaffinity(0, mine)

    out, err = starting.communicate(timeout=120)
    assert "Started mail-1, mail-2" in out
    assert "Warning: that makes 2 workers on 1 core;" in err
    assert "Warning" not in machine.run("status").stderr


def test_without_servers_a_sentence_says_so(machine: Machine) -> None:
    nowhere = "postgresql:///cherha?host=/nowhere"
    for words in (["status"], ["status", "--json"], ["stop", "--all"], ["stop", "-n", "1"]):
        told = machine.run(*words, DATABASE_URL=nowhere)
        assert (told.returncode, told.stdout) == (2, "")
        assert told.stderr == "PostgreSQL does not answer, and it alone knows which workers live.\n"


def test_an_empty_database_ends_with_a_sentence(machine: Machine) -> None:
    address = os.environ["DATABASE_URL"].replace(":///cherha", ":///postgres")

    for words in (["status"], ["start", "--queue", "mail"], ["stop", "--all"]):
        told = machine.run(*words, DATABASE_URL=address)
        assert told.returncode == 2
        assert "run `python -m app_srvc.migrate` first" in told.stderr
        assert "Traceback" not in told.stderr


def test_a_wrong_setting_ends_with_its_sentence(machine: Machine) -> None:
    for words in (["start", "-n", "1"], ["status"], ["stop", "--all"]):
        told = machine.run(*words, QUEUE_URL="http://x")
        assert told.returncode == 2
        assert told.stderr.startswith("Wrong setting. QUEUE_URL: ")
        assert len(told.stderr.splitlines()) == 1
    assert "RECORD_WORKERS" in machine.run("start", "-n", "65", "--queue", "records").stderr
    assert machine.names() == []


@pytest.mark.parametrize(
    "words",
    [["stop"], ["stop", "-n", "0"], ["stop", "-n", "1", "--all"], ["start", "--queue", "x"]],
)
def test_what_cannot_be_meant_is_refused(machine: Machine, words: list[str]) -> None:
    told = machine.run(*words)

    assert told.returncode == 2
    assert "usage: manage_worker.py" in told.stderr


def test_workers_begin_as_soon_as_their_servers_answer(machine: Machine, tmp_path: Path) -> None:
    address = tmp_path / "redis.sock"
    started = machine.run("start", "--queue", "stt", QUEUE_URL=f"unix://{address}")
    assert started.returncode == 0
    assert "The queue server does not answer" in (
        machine.run("status", QUEUE_URL=f"unix://{address}").stderr
    )

    address.symlink_to(os.environ["QUEUE_URL"].removeprefix("unix://"))
    wait_for_end(submit(tasks.count, os.devnull))
    assert scalar("SELECT count(*) FROM workers") == 1
