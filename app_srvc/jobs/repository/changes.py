"""Jobs come, are taken, are cancelled and go; `outcomes` has how attempts end.

No other place changes a job's state. Each change is a compare-and-set that says whether it
happened: of two clicks or two workers, one wins. What has to be true together changes in one
transaction.
"""

import json
from typing import Any, NamedTuple

from app_srvc import settings
from app_srvc.db import Connection, prepared
from app_srvc.db.prepared import Prepared
from app_srvc.jobs.repository.outcomes import close
from app_srvc.jobs.states import State
from app_srvc.storage import repository as files
from app_srvc.words import _, pack

_INSERT = Prepared(
    "insert_job",
    (
        "uuid", "text", "text", "jsonb", "text", "text", "double precision", "integer", "integer",
        "text",
    ),
    "WITH job AS (INSERT INTO jobs (id, queue, task, args, owner, title, size, timeout_seconds,"
    " max_failures) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id)"
    " INSERT INTO job_log (job_id, message) SELECT id, $10 FROM job",
)  # fmt: skip
# The number of the attempt is the only digit in the line, where it stands as 0.
_TAKE = Prepared(
    "take_job",
    ("uuid", "text", "integer", "text"),
    """
    WITH taken AS (
        UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = $2,
            lease_until = now() + $3 * interval '1 second', taken_at = now(),
            taken_progress = progress, handed_over = false,
            started_at = coalesce(started_at, now())
        WHERE id = $1 AND state = 'waiting' RETURNING id, attempt, task, args, part_of
    ), begun AS (
        INSERT INTO job_attempts (job_id, attempt, worker) SELECT id, attempt, $2 FROM taken
    ), told AS (
        INSERT INTO job_log (job_id, message)
        SELECT id, replace($4, '0', attempt::text) FROM taken WHERE part_of IS NULL
    )
    SELECT id, attempt, task, args, part_of FROM taken
    """,
)


class NewJob(NamedTuple):
    """What is known of a job when it is submitted.

    `owner` None means that whoever holds the id may see it. `size` is the expected work in a
    unit of the task's own, such as seconds of sound; places in the queue are estimated by it.
    """

    id: str
    queue: str
    task: str
    args: list[Any]
    owner: str | None
    title: str
    size: float
    timeout_seconds: int
    max_failures: int


class TakenJob(NamedTuple):
    """A job that this worker now runs."""

    id: str
    attempt: int
    task: str
    args: list[Any]
    part_of: str | None


def insert(conn: Connection, job: NewJob, told: str) -> None:
    """Record a job as waiting, with the first line that its owner can read, in one go."""
    values = [*job, pack(told)]
    values[NewJob._fields.index("args")] = json.dumps(job.args)
    with conn.cursor() as cur:
        prepared.execute(conn, cur, _INSERT, values)


def take(conn: Connection, job_id: str, worker: str) -> TakenJob | None:
    """Begin an attempt at a waiting job; None when it is not waiting any more.

    Who has submitted it can read of the attempt. It is one statement: all of it, or nothing.
    """
    told = pack(_("Attempt %(number)s began.", number=0))
    values = (job_id, worker, settings.load().lease_seconds, told)
    with conn.cursor() as cur:
        prepared.execute(conn, cur, _TAKE, values)
        row = cur.fetchone()
    return TakenJob(*row) if row else None


class Cancelled(NamedTuple):
    """What became of a job; one that is still RUNNING has a worker that is to be told."""

    state: State
    queue: str


def cancel(conn: Connection, job_id: str) -> Cancelled | None:
    """Cancel a job; None means that it has ended."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT state, attempt, handed_over, queue FROM jobs"
            " WHERE id = %s AND ended_at IS NULL FOR UPDATE",
            (job_id,),
        )
        row = cur.fetchone()
        if row is None:
            return None
        state, attempt, handed_over, queue = row
        if state != State.RUNNING or handed_over:
            return Cancelled(close(conn, job_id, attempt, State.CANCELLED), queue)
        cur.execute(
            "UPDATE jobs SET cancel_requested_at = coalesce(cancel_requested_at, now())"
            " WHERE id = %s",
            (job_id,),
        )
    return Cancelled(State.RUNNING, queue)


def retry(conn: Connection, job_id: str) -> bool:
    """Let a failed or cancelled job wait again; False when it is neither."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET state = 'waiting', failures = 0, reason = NULL, ended_at = NULL,"
            " cancel_requested_at = NULL, waiting_since = now()"
            " WHERE id = %s AND state IN ('failed', 'cancelled') AND deleted_at IS NULL",
            (job_id,),
        )
        return cur.rowcount == 1


def delete(conn: Connection, job_id: str) -> str | None:
    """Forget a job that has ended, and let go of its files; return its queue, or None when it has
    not ended."""
    return _forget(
        conn, job_id, "SELECT queue FROM jobs WHERE id = %s AND ended_at IS NOT NULL FOR UPDATE"
    )


def withdraw(conn: Connection, job_id: str) -> str | None:
    """Forget a job that has never been begun, and let go of its files; return its queue, or None
    when it has been."""
    return _forget(
        conn, job_id,
        "SELECT queue FROM jobs WHERE id = %s AND state = 'waiting' AND attempt = 0 FOR UPDATE",
    )  # fmt: skip


def _forget(conn: Connection, job_id: str, lock: str) -> str | None:
    with conn.cursor() as cur:
        # The job first, then its files: in the order in which all others lock them.
        cur.execute(lock, (job_id,))
        row = cur.fetchone()
        if row is None:
            return None
        files.give_up(conn, job_id)
        cur.execute("DELETE FROM jobs WHERE id = %s", (job_id,))
    return str(row[0])


def rename(conn: Connection, job_ids: list[str], title: str) -> None:
    """Give jobs another title."""
    with conn.cursor() as cur:
        cur.execute("UPDATE jobs SET title = %s WHERE id = ANY(%s::uuid[])", (title, job_ids))


def change_owner(conn: Connection, old: str, new: str) -> None:
    """Let all jobs of one owner belong to another.

    Parts are locked before their wholes, as parts do that report on their wholes.
    """
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET owner = %s WHERE id IN (SELECT id FROM jobs WHERE owner = %s"
            " ORDER BY part_of IS NULL, id FOR UPDATE)",
            (new, old),
        )
