"""Jobs through Celery: what the process that runs them does with one, and says of it."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from app_srvc.engines.protocol import Attendant, took_longer_than

SUCCEEDED, FAILED, STOPPED = "succeeded", "failed", "stopped"
# What is said of a job whose row was not there to be taken, or has been handed over.
NOTHING = "there was nothing to do, or it goes on elsewhere"


class Outcome(NamedTuple):
    """How a job has ended: a word, and a few more for operators."""

    kind: str
    about: str


DIED = Outcome(FAILED, "ProcessDied")


class Overdue(Exception):
    """Raised in the midst of a job that takes too long."""


def order(job_id: str, timeout_seconds: int) -> bytes:
    """Return what the process is told."""
    return json.dumps([job_id, timeout_seconds]).encode()


def heard(said: bytes) -> Outcome:
    """Return what it has said."""
    return Outcome(*json.loads(said))


def runner(attendant: Attendant) -> Callable[[bytes], bytes]:
    """Return what runs a job as it was told."""

    def run(told: bytes) -> bytes:
        job_id, seconds = json.loads(told)
        return json.dumps(_run(job_id, seconds, attendant)).encode()

    return run


def _run(job_id: str, seconds: int, attendant: Attendant) -> Outcome:
    try:
        attempt = _perform(job_id, seconds, attendant)
    except Exception as error:
        attendant.on_failure(job_id, error)
        return Outcome(FAILED, type(error).__name__)
    attendant.on_success(job_id, attempt)
    return Outcome(SUCCEEDED, NOTHING if attempt is None else "")


def _perform(job_id: str, seconds: int, attendant: Attendant) -> int | None:
    try:
        with _raising_after(seconds):
            return attendant.perform(job_id)
    except Overdue as error:
        raise took_longer_than(seconds) from error


@contextmanager
def _raising_after(seconds: int) -> Iterator[None]:
    """Raise Overdue in the block when it takes longer. One in C code cannot be reached so: its
    worker ends the process some time later."""

    def expire(_signum: int, _frame: Any) -> None:
        raise Overdue

    signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
