"""The job that this thread runs just now: how a task tells how far it is.

Called outside a job, as in a test of a task function, all of this does nothing.
"""

import logging
import threading
import time

from app_srvc import db, logs
from app_srvc.db import Connection
from app_srvc.errors import NoLongerOurs
from app_srvc.jobs import registry
from app_srvc.jobs.repository import changes, history, leases

log = logging.getLogger(__name__)

# Whoever watches gets at most this many changes a second, and the database as many writes.
REPORTS_PER_SECOND = 2.0


class Running:
    """The job that this process runs, and what was last told of it."""

    def __init__(self, job: changes.TakenJob) -> None:
        self.job = job
        self.stage = ""
        self.reported_at = 0.0
        self.is_handed_over = False

    def let_go(self) -> None:
        """Note that parts have gone on with the job: its end is not this process's to tell."""
        self.is_handed_over = True


class _Own(threading.local):
    """What each thread runs: a worker of quick calls has several."""

    running: Running | None = None


_own = _Own()


def perform(job_id: str, worker: str) -> int | None:
    """Take the job and run its task; return the attempt.

    None says that there is no outcome to record: the job was not waiting, or its parts go on.

    Raises:
        Exception: whatever the task raised.
    """
    _own.running = None
    with logs.about(job_id):
        with db.transaction(is_one_statement=True) as conn:
            job = changes.take(conn, job_id, worker)
        if job is None:
            log.info("not waiting any more; nothing to do")
            return None
        mine = _own.running = Running(job)
        began = time.monotonic()
        log.info("%s began, attempt %d", job.task, job.attempt)
        registry.find(job.task).function(*job.args)
        log.info("%s is done after %.1f s", job.task, time.monotonic() - began)
        return None if mine.is_handed_over else job.attempt


def current() -> Running | None:
    """Return the job that this thread began last, or None."""
    return _own.running


def report(stage: str, progress: float) -> None:
    """Show the stage and how far the job is, 0 to 1; mostly cheap, so call it often.

    Raises:
        NoLongerOurs: the job was cancelled or another worker has it; stop working.
    """
    mine = _own.running
    if mine is None:
        return
    now = time.monotonic()
    is_due = now - mine.reported_at >= 1 / REPORTS_PER_SECOND
    if stage == mine.stage and not is_due:
        return
    with db.transaction(is_one_statement=True) as conn:
        if not leases.report(conn, mine.job.id, mine.job.attempt, stage, progress):
            raise NoLongerOurs
    mine.stage, mine.reported_at = stage, now


def note(message: str) -> None:
    """Add a line to what the job's owner can read."""
    log.info("%s", message)
    mine = _own.running
    if mine is not None:
        with db.transaction() as conn:
            history.add_line(conn, mine.job.id, message)


def hold(conn: Connection) -> None:
    """Make sure that what `conn` commits is the work of the attempt that holds the job.

    Raises:
        NoLongerOurs: it is not; roll back and stop working.
    """
    mine = _own.running
    if mine is not None and not leases.hold(conn, mine.job.id, mine.job.attempt):
        raise NoLongerOurs
