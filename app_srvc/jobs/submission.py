"""Accept a job, hand it to the engine, cancel it, let it be tried again."""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from secrets import token_bytes
from typing import Any

from app_srvc import db, engines
from app_srvc.db import Connection
from app_srvc.engines.protocol import Delivery
from app_srvc.errors import Conflict, EngineDown
from app_srvc.jobs import registry
from app_srvc.jobs.repository import changes, deliveries, history
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from app_srvc.storage import repository as files
from app_srvc.storage import sweep_now
from app_srvc.words import _

log = logging.getLogger(__name__)

# The owner of all that nobody asked for by name: operators see it, and nobody else.
SYSTEM = "system"
# After the engine did not answer, nobody waits for it again for so long: a submission of fifty
# files would otherwise wait fifty times.
ENGINE_PAUSE_SECONDS = 1.0

_down_until: dict[engines.Engine, float] = {}


def new_id() -> str:
    """Return an id that nobody can guess: 128 random bits, written as a UUID."""
    return str(uuid.UUID(bytes=token_bytes(16)))


def submit(
    conn: Connection,
    task: registry.TaskFunction,
    *args: Any,
    job_id: str,
    owner: str | None,
    title: str | None = None,
    keys: Sequence[str] = (),
    size: float = 1.0,
    timeout_seconds: int = 600,
    queue: Queue | None = None,
) -> None:
    """Record `task(*args)` in the caller's transaction, together with what it works on.

    `title` is what the job is called, if its task does not say that of all its jobs. `keys` are
    stored files that the job needs; they are safe until it has ended. `queue` is another one than
    that of its task. The engine is told after the commit. When it cannot be, the row waits, and
    the dispatcher delivers it.

    Raises:
        Conflict: one of the files has been swept away meanwhile.
    """
    known = registry.find(registry.name_of(task))
    line = queue or known.queue
    job = changes.NewJob(
        job_id, line, known.name, list(args), owner, str(title or known.title or known.name),
        size, timeout_seconds, known.max_failures,
    )  # fmt: skip
    changes.insert(conn, job, _("Accepted."))
    if not files.claim(conn, job_id, list(keys)):
        raise Conflict(_("The upload took too long to arrive. Please send it again."))
    delivery = Delivery(job_id, line, known.name, timeout_seconds)
    db.after_commit(conn, lambda: _carry(delivery))


def let_carry(carry: Callable[[Delivery], object]) -> None:
    """Let `carry` hand fresh jobs of this process to the engine, instead of who submits them."""
    global _carry  # noqa: PLW0603  # It is one engine for all of the process.
    _carry = carry


def deliver(job: Delivery, *, at_front: bool = False) -> bool:
    """Hand a waiting job to the engine; False when the engine does not answer.

    Delivering twice is harmless: the second worker finds the row taken.
    """
    engine = engines.of(job.queue)
    if time.monotonic() < _down_until.get(engine, 0.0):
        return False
    try:
        engine.enqueue(job, at_front=at_front)
    except EngineDown as error:
        log.warning("job %s waits in the database, it is delivered later: %s", job.id, error)
        _down_until[engine] = time.monotonic() + ENGINE_PAUSE_SECONDS
        return False
    return True


_carry: Callable[[Delivery], object] = deliver


def redeliver(job_id: str) -> None:
    """Hand a job that came back from a worker to the engine again, at the front."""
    with db.transaction() as conn:
        job = deliveries.find(conn, job_id)
    if job is not None:
        deliver(job, at_front=True)


def cancel(job_id: str) -> None:
    """Cancel a job, waiting or running. One that has ended stays as it is.

    Raises:
        Conflict: the job has ended already.
    """
    state, queue = _cancel(job_id)
    try:
        engines.of(queue).stop(job_id)
    except EngineDown as error:
        # A waiting job is cancelled anyhow; the worker of a running one reads the row.
        log.warning("the engine was not told to stop job %s: %s", job_id, error)
    if state != State.RUNNING:
        sweep_now()


def withdraw(job_id: str) -> bool:
    """Forget a job that no worker has ever begun; False when one has."""
    with db.transaction() as conn:
        queue = changes.withdraw(conn, job_id)
    if queue is None:
        return False
    with suppress(EngineDown):  # A delivery without a row is none.
        engines.of(queue).stop(job_id)
    return True


def _cancel(job_id: str) -> changes.Cancelled:
    with db.transaction() as conn:
        cancelled = changes.cancel(conn, job_id)
        if cancelled is None:
            raise Conflict(_("The job has already ended."))
        history.add_line(conn, job_id, _("Cancel was asked for."))
    return cancelled


def cancel_waiting(queue: str) -> list[str]:
    """Cancel all jobs that wait in a queue, and return those that no worker has taken meanwhile.

    The engine is not told: it may still deliver them, and no worker runs them then.
    """
    with db.transaction() as conn:
        waiting = deliveries.waiting_in(conn, queue)
    cancelled = []
    for job_id in waiting:
        with suppress(Conflict):
            if _cancel(job_id).state == State.CANCELLED:
                cancelled.append(job_id)
    sweep_now()
    return cancelled


def retry(job_id: str) -> None:
    """Let a failed or cancelled job wait again. What it had done is not done again.

    Raises:
        Conflict: the job has not failed, or its file is no longer kept.
    """
    with db.transaction() as conn:
        if not changes.retry(conn, job_id):
            raise Conflict(_("Only a failed or cancelled job can be tried again."))
        if not files.reclaim(conn, job_id):
            raise Conflict(_("Its file is no longer kept. Please upload it again."))
        history.add_line(conn, job_id, _("Another try was asked for."))
        job = deliveries.find(conn, job_id)
        if job is not None:
            db.after_commit(conn, lambda: deliver(job))


def rename(conn: Connection, job_ids: Sequence[str], title: str) -> None:
    """Give jobs another title, in the caller's transaction. Those that are gone are left out."""
    changes.rename(conn, list(job_ids), title)
