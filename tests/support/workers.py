"""Worker processes for a test, and waiting for what they do."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app_srvc import db
from app_srvc.jobs.repository import reading
from app_srvc.jobs.repository.reading import Job
from app_srvc.jobs.states import State

ROOT = Path(__file__).parent.parent.parent

# A machine that is busy with something else fails no test: times are printed, not judged.
PATIENCE_SECONDS = 120.0

Answer = TypeVar("Answer")


class Workers:
    """Real workers, which also know the tests' own tasks."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *script: str, **env: str) -> subprocess.Popen[bytes]:
        """Start one and return its process; `script` takes the place of the tests' own worker."""
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", *(script or ("-m", "tests.support.worker"))],
            cwd=ROOT,
            env=os.environ | env,
        )
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """End all of them, at once."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
        for process in self.processes:
            process.wait()


def wait_for(question: Callable[[], Answer], seconds: float = PATIENCE_SECONDS) -> Answer:
    """Ask until the answer is true, and return it; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {answer!r}"
        time.sleep(0.02)
    return answer


def job(job_id: str) -> Job:
    """Return a job's row."""
    with db.transaction() as conn:
        found = reading.find(conn, job_id)
    assert found is not None
    return found


def wait_for_state(job_id: str, *states: State, seconds: float = PATIENCE_SECONDS) -> Job:
    """Wait until a job is in one of the states."""

    def is_there() -> Job | None:
        found = job(job_id)
        return found if found.state in states else None

    found = wait_for(is_there, seconds)
    assert found is not None
    return found


def wait_for_end(job_id: str, seconds: float = PATIENCE_SECONDS) -> Job:
    """Wait until a job has ended, however."""
    return wait_for_state(job_id, State.FINISHED, State.FAILED, State.CANCELLED)
