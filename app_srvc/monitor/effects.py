"""What rqmonitor's buttons do to jobs: to our rows, which are the truth, and then to rq.

An id in rq is that of a row, or of a wake-up, which has none: there only rq's side is changed, and
whoever sent it sends it again if it is still needed.
"""

from contextlib import suppress

from rq import Queue
from rq.exceptions import InvalidJobOperation
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from app_srvc import admission, db, engines
from app_srvc.engines import rq_keys
from app_srvc.errors import AppError, BadRequest, Conflict, NotFound
from app_srvc.jobs import submission, wakeups
from app_srvc.jobs.repository import reading
from app_srvc.jobs.repository.reading import Job as Row
from app_srvc.monitor import queues, redis_side, repository
from app_srvc.words import _

# Each is a transaction of its own, and the request waits for all.
TRIES_AT_ONCE = 1000


def cancel_job(job_id: str) -> None:
    """Cancel a job, waiting or running.

    Raises:
        Conflict: it has ended.
        NotFound: neither we nor rq know it.
    """
    if _has_row(job_id):
        submission.cancel(job_id)
    else:
        _known_to_rq(job_id)
        engines.at(redis_side.url()).stop(job_id)


def requeue_job(job_id: str) -> None:
    """Let a failed job be tried again.

    Raises:
        Conflict: it has not failed, or what it needs is gone.
        NotFound: neither we nor rq know it.
        QueueFull: its queue has no room for it.
    """
    with db.transaction() as conn:
        row = row_of(conn, job_id)
    if row is not None:
        admission.require_room(row.queue)
        submission.retry(job_id)
        return
    _known_to_rq(job_id)
    if not wakeups.is_wakeup(job_id):
        raise Conflict(_("What this job was about is gone. It can only be deleted."))
    client = redis_side.connection()
    try:
        Job.fetch(job_id, connection=client, serializer=JSONSerializer).requeue()
    except InvalidJobOperation as error:
        raise Conflict(_("Only a failed or cancelled job can be tried again.")) from error


def delete_job(job_id: str) -> None:
    """Cancel a job if it has not ended, and let rq forget it. Its row stays, with its history.

    Raises:
        Conflict: it runs, and its worker needs some time to stop it.
        NotFound: neither we nor rq know it.
    """
    if _has_row(job_id):
        with suppress(Conflict):
            submission.cancel(job_id)
    else:
        _known_to_rq(job_id)
        engines.at(redis_side.url()).stop(job_id)
    if redis_side.still_running([job_id]):
        raise Conflict(_("It is being stopped. Delete it when it has ended."))
    redis_side.forget_anywhere(job_id)


def empty_queue(queue: str) -> None:
    """Cancel all jobs that wait in a queue: the rows first, or they would be delivered again.

    Raises:
        NotFound: there is no such queue.
    """
    cancelled = submission.cancel_waiting(queues.known(queue))
    redis_side.empty(queue)
    # It may have lost them from its list.
    rq_keys.forget(redis_side.connection(), queue, cancelled)


def delete_queue(queue: str) -> None:
    """Empty a queue, and let rq list it no more until something comes."""
    empty_queue(queue)
    redis_side.connection().srem(Queue.redis_queues_keys, redis_side.queue_key(queue))


def cancel_queued(wanted: list[str]) -> None:
    """Cancel all jobs that wait in these queues."""
    for queue in queues.chosen(wanted):
        empty_queue(queue)


def requeue_failed(wanted: list[str]) -> None:
    """Let the failed jobs of these queues be tried again.

    Raises:
        Conflict: some cannot, or there are too many for one go; the others were.
    """
    ids = [
        job_id
        for queue in queues.chosen(wanted)
        for page in redis_side.pages("failed", queue)
        for job_id in page
    ]
    kept = 0
    for job_id in ids[:TRIES_AT_ONCE]:
        try:
            requeue_job(job_id)
        except AppError:
            kept += 1
    left = len(ids[TRIES_AT_ONCE:])
    if kept or left:
        raise Conflict(
            _(
                "Tried again: %(again)s. Cannot be tried again: %(kept)s. Left for the next time: "
                "%(left)s.",
                again=len(ids) - left - kept, kept=kept, left=left,
            )
        )  # fmt: skip


def delete_all(wanted: list[str], statuses: list[str]) -> None:
    """Delete all jobs of these queues that are in one of these statuses.

    Raises:
        BadRequest: no status was ticked.
        Conflict: some run, and their workers need some time to stop them; the others are gone.
    """
    if not statuses or not set(statuses) <= {JobStatus.QUEUED, *rq_keys.REGISTRIES}:
        raise BadRequest(_("Tick a status first, in the menu under Jobs."))
    busy = 0
    for queue in queues.chosen(wanted):
        for status in statuses:
            if status == JobStatus.QUEUED:
                empty_queue(queue)
            else:
                busy += sum(_delete(page, queue) for page in redis_side.pages(status, queue))
    if busy:
        raise Conflict(_("Some are being stopped. Delete them when they have ended."))


def _delete(ids: list[str], queue: str) -> int:
    """Delete jobs, and return how many of them are still being stopped."""
    with db.transaction() as conn:
        moving = repository.not_ended(conn, list(filter(wakeups.is_of_a_row, ids)))
    for job_id in moving:
        with suppress(Conflict):
            submission.cancel(job_id)
    running = [job_id for job_id in ids if redis_side.status_of(job_id) == JobStatus.STARTED]
    for job_id in set(running) - set(moving):
        engines.at(redis_side.url()).stop(job_id)
    busy = redis_side.still_running(running)
    idle = [job_id for job_id in ids if job_id not in busy]
    rq_keys.forget(redis_side.connection(), queue, idle)
    redis_side.end_executions(idle, queue)
    return len(busy)


def row_of(conn: db.Connection, job_id: str) -> Row | None:
    """Return the row behind an id in rq; None when it is a wake-up's, or the row is gone."""
    return reading.find(conn, job_id) if wakeups.is_of_a_row(job_id) else None


def _has_row(job_id: str) -> bool:
    with db.transaction() as conn:
        return row_of(conn, job_id) is not None


def _known_to_rq(job_id: str) -> None:
    if redis_side.status_of(job_id) is None:
        raise NotFound(_("rq knows no such job, or knows it no longer."))
