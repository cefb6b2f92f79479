"""What a worker does around its jobs."""

import logging
import subprocess
import sys

import pytest

from app_srvc import processes
from app_srvc.db import Connection
from app_srvc.jobs import wakeups
from app_srvc.jobs.attendance import Attendance
from app_srvc.queues import Queue

pytestmark = pytest.mark.usefixtures("database")


def test_a_worker_counts_the_memory_of_its_job() -> None:
    # It is written to: what was only asked for is not there yet.
    allocate = "import time; kept = b'x' * 80_000_000; print(1, flush=True); time.sleep(600)"
    before = processes.memory_bytes()
    child = subprocess.Popen([sys.executable, "-c", allocate], stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        after = processes.memory_bytes()
        child.kill()

    assert before is not None
    assert after is not None
    assert 60_000_000 < after - before < 200_000_000


def test_what_cannot_be_settled_is_left_to_its_lease_and_holds_up_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settled: list[bool] = []

    def settle(conn: Connection, worker: str, given_back: bool) -> None:
        settled.append(given_back)
        raise RuntimeError

    errand = wakeups.Errand(
        "broken", Queue.RECORDS, 9, lambda *_: None, lambda *_: False, settle
    )  # fmt: skip
    monkeypatch.setitem(wakeups._errands, "broken", errand)
    attendance = Attendance("worker", [Queue.RECORDS])
    attendance.began("broken_1", lambda: None)
    with caplog.at_level(logging.ERROR):
        attendance.ended("broken_1", given_back=True)

    attendance.began("broken_2", lambda: None)
    assert settled == [True]
    assert "broken_1 is left to its lease" in caplog.text
