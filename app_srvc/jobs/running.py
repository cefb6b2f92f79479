"""The job that this process runs just now: how a task tells how far it is.

Called outside a job, as in a test of a task function, all of this does nothing.
"""

import logging
import time
from typing import NamedTuple

from app_srvc import db, logs
from app_srvc.db import Connection
from app_srvc.errors import NoLongerOurs
from app_srvc.jobs import registry
from app_srvc.jobs.repository import changes, history, leases

log = logging.getLogger(__name__)

# Whoever watches gets at most this many changes a second, and the database as many writes.
REPORTS_PER_SECOND = 2.0


class _Attempt:
    """One start of a job in this process."""

    def __init__(self, job: changes.TakenJob) -> None:
        self.job = job
        self.stage = ""
        self.reported_at = 0.0


class Running(NamedTuple):
    """The job that this process runs, and the attempt with which it holds it."""

    job_id: str
    attempt: int
    task: str


_attempt: _Attempt | None = None


def perform(job_id: str, worker: str) -> int | None:
    """Take the job and run its task; return the attempt, or None when it was not waiting.

    Raises:
        Exception: whatever the task raised.
    """
    global _attempt  # noqa: PLW0603  # A process runs one job at a time.
    _attempt = None
    with logs.about(job_id):
        with db.transaction() as conn:
            job = changes.take(conn, job_id, worker)
            if job is not None:
                history.add_line(conn, job_id, f"Attempt {job.attempt} began.")
        if job is None:
            log.info("not waiting any more; nothing to do")
            return None
        _attempt = _Attempt(job)
        began = time.monotonic()
        log.info("%s began, attempt %d", job.task, job.attempt)
        registry.find(job.task).function(*job.args)
        log.info("%s is done after %.1f s", job.task, time.monotonic() - began)
        return job.attempt


def current() -> Running | None:
    """Return the job that this process began last, or None."""
    if _attempt is None:
        return None
    return Running(_attempt.job.id, _attempt.job.attempt, _attempt.job.task)


def report(stage: str, progress: float) -> None:
    """Show the stage and how far the job is, 0 to 1; mostly cheap, so call it often.

    Raises:
        NoLongerOurs: the job was cancelled or another worker has it; stop working.
    """
    if _attempt is None:
        return
    now = time.monotonic()
    is_due = now - _attempt.reported_at >= 1 / REPORTS_PER_SECOND
    if stage == _attempt.stage and not is_due:
        return
    with db.transaction() as conn:
        if not leases.report(conn, _attempt.job.id, _attempt.job.attempt, stage, progress):
            raise NoLongerOurs
    _attempt.stage, _attempt.reported_at = stage, now


def note(message: str) -> None:
    """Add a line to what the job's owner can read."""
    log.info("%s", message)
    if _attempt is not None:
        with db.transaction() as conn:
            history.add_line(conn, _attempt.job.id, message)


def hold(conn: Connection) -> None:
    """Make sure that what `conn` commits is the work of the attempt that holds the job.

    Raises:
        NoLongerOurs: it is not; roll back and stop working.
    """
    if _attempt is not None and not leases.hold(conn, _attempt.job.id, _attempt.job.attempt):
        raise NoLongerOurs
