"""How a task spreads its work: it hands its job over to parts, which free workers share.

The whole stays `running`, without a worker, until a part finds that nothing is left to do. A part
is a job of its own, with lease, attempts and retries; should one fail for good, the whole has
failed. What a part is to do is up to the task; a part that dies is run again.
"""

from collections.abc import Sequence
from typing import Any

from app_srvc import db
from app_srvc.db import Connection
from app_srvc.engines.protocol import Delivery
from app_srvc.errors import NoLongerOurs
from app_srvc.jobs import registry, running, submission
from app_srvc.jobs.repository import leases, outcomes, parts
from app_srvc.jobs.repository.parts import Surroundings


def hand_over(conn: Connection) -> None:
    """Let parts go on with the job of this process, which is to return; add them with `add`.

    Raises:
        NoLongerOurs: the job was cancelled, or another worker has it.
    """
    mine = running.current()
    if mine is None or not parts.hand_over(conn, mine.job.id, mine.job.attempt):
        raise NoLongerOurs
    db.after_commit(conn, mine.let_go)


def add(
    conn: Connection, job_id: str, task: registry.TaskFunction, *args: Any, timeout_seconds: int
) -> None:
    """Submit `task(*args)` as a part of a job, for the job's owner."""
    known = registry.find(registry.name_of(task))
    part_id = submission.new_id()
    parts.insert(conn, job_id, parts.NewPart(
        part_id, known.queue, known.name, list(args), timeout_seconds, known.max_failures
    ))  # fmt: skip
    delivery = Delivery(part_id, known.queue, known.name, timeout_seconds)
    db.after_commit(conn, lambda: submission.deliver(delivery))


def is_open(conn: Connection, job_id: str) -> bool:
    """Say whether parts are to go on with a job: it has neither ended nor begun anew."""
    return parts.is_open(conn, job_id)


def look_round(conn: Connection, job_id: str, queues: Sequence[str]) -> Surroundings:
    """Return who else wants the workers that serve the last of `queues`."""
    return parts.look_round(conn, job_id, queues)


def report(job_id: str, stage: str, progress: float) -> None:
    """Show how far the whole is, 0 to 1; cheap, so call it whenever something is done.

    It also counts as progress of the part in this process: a part that is lost after it has got
    on has not failed.
    """
    mine = running.current()
    with db.transaction() as conn:
        if mine is not None and mine.job.id != job_id:
            leases.report(conn, mine.job.id, mine.job.attempt, stage, progress)
        parts.report(conn, job_id, stage, progress)


def lock(conn: Connection, job_id: str) -> int | None:
    """Keep other parts from ending the whole meanwhile, and return what `finish` asks for.

    None says that it has ended already.
    """
    return parts.lock_whole(conn, job_id)


def finish(conn: Connection, job_id: str, attempt: int) -> None:
    """Record that all of a job that `lock` has locked is done."""
    outcomes.finish(conn, job_id, attempt, handed_over=True)
    parts.forget(conn, job_id)
