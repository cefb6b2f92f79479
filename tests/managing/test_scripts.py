"""Which scripts there are to start, and what they are given."""

import pytest

from app_srvc.managing import scripts, supervisor
from app_srvc.managing.scripts import ROOT
from app_srvc.queues import CALLS, Queue


@pytest.mark.parametrize("queue", list(Queue))
def test_each_queue_has_a_script_that_is_started_for_it(queue: Queue) -> None:
    assert len(scripts.serving(queue)) == 1


def test_each_worker_script_is_known() -> None:
    found = {path.name for path in ROOT.glob("*worker.py")} - {"manage_worker.py"}

    assert {script.file for script in scripts.known()} == found


def test_a_script_is_read_for_what_it_serves() -> None:
    told = {script.kind: (script.queues, script.is_crew) for script in scripts.known()}

    assert told["stt"] == ((Queue.STT, Queue.STT_SEGMENTS), False)
    assert told["record"] == ((Queue.CYCLES, Queue.RECORDS), True)
    assert told["call"] == (CALLS, True)


def test_on_macos_alone_a_fork_is_let_use_what_it_inherits() -> None:
    on_linux = supervisor.environment({"A": "b"}, "stt-1", "linux")
    on_macos = supervisor.environment({"A": "b"}, "stt-1", "darwin")

    assert on_linux == {"A": "b", "WORKER_NAME": "stt-1"}
    assert on_macos == on_linux | {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES", "no_proxy": "*"}


def test_proxies_that_somebody_has_set_are_left_alone() -> None:
    given = {"HTTPS_PROXY": "http://proxy:3128"}

    assert "no_proxy" not in supervisor.environment(given, "stt-1", "darwin")
