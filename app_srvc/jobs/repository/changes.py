"""Jobs come, are taken, are cancelled and go; `outcomes` has how attempts end.

No other place changes a job's state. Each change is a compare-and-set that says whether it
happened: of two clicks or two workers, one wins. What has to be true together changes in one
transaction.
"""

import json
from typing import Any, NamedTuple

from app_srvc import settings
from app_srvc.db import Connection
from app_srvc.jobs.repository.outcomes import close
from app_srvc.jobs.states import State
from app_srvc.storage import repository as files
from app_srvc.words import pack


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
    with conn.cursor() as cur:
        cur.execute(
            "WITH job AS (INSERT INTO jobs (id, queue, task, args, owner, title, size,"
            " timeout_seconds, max_failures) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " RETURNING id) INSERT INTO job_log (job_id, message) SELECT id, %s FROM job",
            (
                job.id,
                job.queue,
                job.task,
                json.dumps(job.args),
                job.owner,
                job.title,
                job.size,
                job.timeout_seconds,
                job.max_failures,
                pack(told),
            ),
        )


def take(conn: Connection, job_id: str, worker: str) -> TakenJob | None:
    """Begin an attempt at a waiting job; None when it is not waiting any more."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = %s,"
            " lease_until = now() + %s * interval '1 second', taken_at = now(),"
            " taken_progress = progress, handed_over = false,"
            " started_at = coalesce(started_at, now())"
            " WHERE id = %s AND state = 'waiting' RETURNING id, attempt, task, args, part_of",
            (worker, settings.load().lease_seconds, job_id),
        )
        row = cur.fetchone()
        if row is None:
            return None
        job = TakenJob(*row)
        cur.execute(
            "INSERT INTO job_attempts (job_id, attempt, worker) VALUES (%s, %s, %s)",
            (job_id, job.attempt, worker),
        )
    return job


def cancel(conn: Connection, job_id: str) -> State | None:
    """Cancel a job; RUNNING means that its worker still has to be told, None that it has ended."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT state, attempt, handed_over FROM jobs"
            " WHERE id = %s AND ended_at IS NULL FOR UPDATE",
            (job_id,),
        )
        row = cur.fetchone()
        if row is None:
            return None
        state, attempt, handed_over = row
        if state != State.RUNNING or handed_over:
            return close(conn, job_id, attempt, State.CANCELLED)
        cur.execute(
            "UPDATE jobs SET cancel_requested_at = coalesce(cancel_requested_at, now())"
            " WHERE id = %s",
            (job_id,),
        )
    return State.RUNNING


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


def delete(conn: Connection, job_id: str) -> bool:
    """Forget a job that has ended, and let go of its files; False when it has not ended."""
    with conn.cursor() as cur:
        # The job first, then its files: in the order in which all others lock them.
        cur.execute("SELECT FROM jobs WHERE id = %s AND ended_at IS NOT NULL FOR UPDATE", (job_id,))
        if cur.rowcount != 1:
            return False
        files.give_up(conn, job_id)
        cur.execute("DELETE FROM jobs WHERE id = %s", (job_id,))
    return True


def withdraw(conn: Connection, job_id: str) -> bool:
    """Forget a job that has never been begun, and let go of its files; False when it has been."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT FROM jobs WHERE id = %s AND state = 'waiting' AND attempt = 0 FOR UPDATE",
            (job_id,),
        )
        if cur.rowcount != 1:
            return False
        files.give_up(conn, job_id)
        cur.execute("DELETE FROM jobs WHERE id = %s", (job_id,))
    return True


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
