"""Several workers out of one process."""

import signal

import psutil
import pytest

from tests.support.rows import scalar
from tests.support.workers import Workers, wait_for

pytestmark = pytest.mark.usefixtures("database")


def registered() -> int:
    """Return how many workers serve records."""
    return int(scalar("SELECT count(*) FROM workers WHERE 'records' = ANY (queues)"))


def test_there_are_as_many_workers_as_were_asked_for_and_one_that_dies_is_replaced(
    workers: Workers,
) -> None:
    crew = psutil.Process(workers.start("recordworker.py", RECORD_WORKERS="3").pid)
    wait_for(lambda: registered() == 3)
    victim = crew.children()[0]
    victim.kill()

    wait_for(lambda: registered() == 4)
    assert len(crew.children()) == 3
    assert not victim.is_running()


def test_told_to_stop_all_of_them_leave_the_register(workers: Workers) -> None:
    process = workers.start("recordworker.py", RECORD_WORKERS="3")
    wait_for(lambda: registered() == 3)

    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert registered() == 0


def test_killed_it_leaves_no_worker_behind(workers: Workers) -> None:
    process = workers.start("recordworker.py", RECORD_WORKERS="2")
    wait_for(lambda: registered() == 2)
    children = psutil.Process(process.pid).children()

    process.kill()
    assert psutil.wait_procs(children, timeout=10)[1] == []
