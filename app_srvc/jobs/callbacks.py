"""What happens to a job's row when the engine says how the job ended.

Four functions for the whole product. They record the outcome and nothing else, can be called
twice, and never raise: an engine would take that for a failure of the job. While the database
is away they wait for it; should that last too long, the lease runs out and the job runs again.
"""

import logging
from collections.abc import Callable

from app_srvc import db, logs
from app_srvc.db import Connection
from app_srvc.errors import (
    DatabaseDown,
    NoLongerOurs,
    NoTurn,
    PermanentError,
    RemoteDown,
    StorageDown,
    StorageFull,
    TookTooLong,
)
from app_srvc.jobs import registry, running
from app_srvc.jobs.repository import history, outcomes
from app_srvc.jobs.states import State
from app_srvc.words import _

log = logging.getLogger(__name__)

# What needs no traceback: where it comes from says nothing that its sentence does not.
_EXPLAINED = (PermanentError, NoLongerOurs, DatabaseDown, RemoteDown, StorageDown)
DATABASE_PAUSE_SECONDS = 2.0
STORAGE_PAUSE_SECONDS = 60.0
# Before that, each call has been tried for a while.
STORAGE_DOWN_PAUSE_SECONDS = 5.0
# Doubled with each failure: what the services that we depend on are given to come back.
REMOTE_PAUSE_SECONDS = 30.0


def on_success(job_id: str, attempt: int | None) -> None:
    """Record that the job is done; one whose attempt is None goes on elsewhere."""
    if attempt is not None:
        number = attempt
        _record(job_id, lambda: _finish(job_id, number))


def on_failure(job_id: str, error: BaseException) -> None:
    """Record that the attempt of this process failed, and whether there is to be another.

    An engine also calls this for a job that it believes abandoned, from a process that never
    ran it. Then it changes nothing: the lease in the row says what is abandoned.
    """
    mine = running.current()
    if mine is None or mine.job.id != job_id:
        log.warning("job %s was not begun: %r", job_id, error.__cause__ or error)
        return
    with logs.about(job_id):
        if not isinstance(error, _EXPLAINED):
            log.error("%s failed", mine.job.task, exc_info=error)
    _change(job_id, lambda conn: _fail(conn, mine, error))


def on_stopped(job_id: str, worker: str) -> None:
    """Record that the job was stopped on purpose, if this worker still holds it."""
    _change(job_id, lambda conn: _stop(conn, job_id, worker))


def on_overdue(job_id: str, worker: str) -> None:
    """Record that the job has taken longer than it may, if this worker still holds it."""
    _change(job_id, lambda conn: _fail_overdue(conn, job_id, worker))


def _finish(job_id: str, attempt: int) -> None:
    """Record success, by one statement if that is enough: most short jobs have no files."""
    with db.transaction(is_one_statement=True) as conn:
        if outcomes.finish_without_files(conn, job_id, attempt):
            return
    with db.transaction() as conn:
        outcomes.finish(conn, job_id, attempt)


def _stop(conn: Connection, job_id: str, worker: str) -> None:
    attempt = outcomes.held_by(conn, job_id, worker)
    if attempt is not None:
        outcomes.stopped(conn, job_id, attempt)


def _fail_overdue(conn: Connection, job_id: str, worker: str) -> None:
    attempt = outcomes.held_by(conn, job_id, worker)
    if attempt is not None:
        outcomes.fail(conn, job_id, attempt, TookTooLong.says, pause_seconds=None)


def _fail(conn: Connection, mine: running.Running, error: BaseException) -> None:
    given_back = _why_given_back(error)
    if given_back is not None:
        _give_back(conn, mine, *given_back)
        return
    reason, pause = _explain(mine, error)
    state = outcomes.fail(conn, mine.job.id, mine.job.attempt, reason, pause_seconds=pause)
    if state == State.SCHEDULED:
        history.add_line(conn, mine.job.id, _failed(mine, reason))


def _why_given_back(error: BaseException) -> tuple[str | None, float] | None:
    """Return the sentence for a person, if any, and the pause; None for a failure of the job."""
    if isinstance(error, DatabaseDown):
        return None, DATABASE_PAUSE_SECONDS
    if isinstance(error, StorageDown):
        log.warning("given back: %s", error.wrong)
        return _("The storage of files does not answer just now."), STORAGE_DOWN_PAUSE_SECONDS
    if isinstance(error, StorageFull):
        return _("There is no room left on the server just now."), STORAGE_PAUSE_SECONDS
    if isinstance(error, NoTurn):
        return error.sentence, error.pause_seconds or 0
    return None


def _give_back(
    conn: Connection, mine: running.Running, sentence: str | None, pause_seconds: float
) -> None:
    if sentence is not None:
        history.add_line(conn, mine.job.id, sentence)
    outcomes.give_back(conn, mine.job.id, mine.job.attempt, pause_seconds)


def _explain(mine: running.Running, error: BaseException) -> tuple[str, float | None]:
    """Return the reason for a person, and the pause before another try; None for none."""
    if isinstance(error, PermanentError):
        return error.sentence, None
    if isinstance(error, RemoteDown):
        return error.sentence, error.pause_seconds or REMOTE_PAUSE_SECONDS
    sentence = _(
        "Something went wrong inside (%(error)s); the log has the details.",
        error=type(error).__name__,
    )
    return sentence, registry.find(mine.job.task).pause_seconds


def _failed(mine: running.Running, reason: str) -> str:
    """Return the line about an attempt that failed, but not for good."""
    if mine.job.part_of:
        return _("A part of the work failed, and is tried again: %(reason)s", reason=reason)
    return _(
        "Attempt %(number)s failed, and is tried again: %(reason)s",
        number=mine.job.attempt,
        reason=reason,
    )


def _change(job_id: str, change: Callable[[Connection], object]) -> None:
    def in_one_transaction() -> None:
        with db.transaction() as conn:
            change(conn)

    _record(job_id, in_one_transaction)


def _record(job_id: str, record: Callable[[], None]) -> None:
    with logs.about(job_id):
        try:
            db.insist(record)
        except Exception:
            log.exception("the outcome could not be recorded; the job will run again")
