"""Delete jobs for good, one by one or by their age, wherever something of them is kept."""

from collections.abc import Sequence
from contextlib import suppress

from app_srvc import db, engines, periods, settings
from app_srvc.errors import Conflict, EngineDown
from app_srvc.jobs.repository import changes, history
from app_srvc.storage import sweep_now
from app_srvc.words import _


def delete(job_id: str) -> None:
    """Forget a job that has ended, with its files and results.

    Raises:
        Conflict: the job has not ended; it has to be cancelled first.
    """
    with db.transaction() as conn:
        queue = changes.delete(conn, job_id)
        if queue is None:
            raise Conflict(_("The job has not ended yet. Cancel it first."))
    sweep_now()
    _forget_deliveries([(job_id, queue)])


def forget_old(limit: int) -> int:
    """Forget up to `limit` jobs that have been kept for long enough, and return how many."""
    with db.transaction() as conn:
        days = periods.in_force(conn).jobs_days
        gone = history.forget_old(conn, days, settings.load().undo_minutes, limit)
    _forget_deliveries(gone)
    return len(gone)


def _forget_deliveries(gone: Sequence[tuple[str, str]]) -> None:
    """Let the engines let go of deleted jobs: of each its id, and its queue.

    One that cannot be reached, or this process killed here, keeps them for its own time, a week
    at most. They hold no more than an id.
    """
    ids_of: dict[str, list[str]] = {}
    for job_id, queue in gone:
        ids_of.setdefault(queue, []).append(job_id)
    for queue, ids in ids_of.items():
        with suppress(EngineDown):
            engines.of(queue).forget(queue, ids)
