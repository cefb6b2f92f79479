"""What keeps jobs moving: leases, progress, due times, and the register of workers."""

from typing import NamedTuple

from app_srvc import settings
from app_srvc.db import Connection


class Beat(NamedTuple):
    """What a worker learns when it renews the lease of the job it runs."""

    cancelled: bool
    overdue: bool


class Held(NamedTuple):
    """A running job and the attempt that holds it."""

    id: str
    attempt: int


class Undelivered(NamedTuple):
    """A waiting job as the engine needs it."""

    id: str
    queue: str
    task: str
    timeout_seconds: int


def beat(conn: Connection, job_id: str, worker: str, grace_seconds: float) -> Beat | None:
    """Renew the lease on a job; None when `worker` does not hold it (yet, or any more)."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET lease_until = now() + %s * interval '1 second'"
            " WHERE id = %s AND worker = %s AND state = 'running'"
            " RETURNING cancel_requested_at IS NOT NULL,"
            " now() > taken_at + (timeout_seconds + %s) * interval '1 second'",
            (settings.load().lease_seconds, job_id, worker, grace_seconds),
        )
        row = cur.fetchone()
    return Beat(*row) if row else None


def report(conn: Connection, job_id: str, attempt: int, stage: str, progress: float) -> bool:
    """Show how far an attempt is; False when it should stop working."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET stage = %s, progress = %s WHERE id = %s AND attempt = %s"
            " AND state = 'running' AND cancel_requested_at IS NULL",
            (stage, min(max(progress, 0.0), 1.0), job_id, attempt),
        )
        return cur.rowcount == 1


def hold(conn: Connection, job_id: str, attempt: int) -> bool:
    """Keep others from taking the job over until this transaction ends; False when one has."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT FROM jobs WHERE id = %s AND attempt = %s AND state = 'running' FOR SHARE",
            (job_id, attempt),
        )
        return cur.rowcount == 1


def add_log(conn: Connection, job_id: str, message: str) -> None:
    """Add a line to what the owner reads about the job."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO job_log (job_id, message) VALUES (%s, %s)", (job_id, message[:2000])
        )


def release_due(conn: Connection) -> list[Undelivered]:
    """Let jobs wait whose time has come, and return them."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET state = 'waiting', due_at = NULL"
            " WHERE state = 'scheduled' AND due_at <= now()"
            " RETURNING id, queue, task, timeout_seconds"
        )
        return [Undelivered(*row) for row in cur.fetchall()]


def expired(conn: Connection) -> list[Held]:
    """Return running jobs whose worker has not been heard of within its lease."""
    with conn.cursor() as cur:
        cur.execute("SELECT id, attempt FROM jobs WHERE state = 'running' AND lease_until < now()")
        return [Held(*row) for row in cur.fetchall()]


def waiting(conn: Connection, settled_seconds: float) -> list[Undelivered]:
    """Return the jobs that have waited for at least that long, first come first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, queue, task, timeout_seconds FROM jobs WHERE state = 'waiting'"
            " AND waiting_since < now() - %s * interval '1 second' ORDER BY waiting_since, id",
            (settled_seconds,),
        )
        return [Undelivered(*row) for row in cur.fetchall()]


def deliverable(conn: Connection, job_id: str) -> Undelivered | None:
    """Return a job as the engine needs it, if it is waiting."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, queue, task, timeout_seconds FROM jobs WHERE id = %s AND state = 'waiting'",
            (job_id,),
        )
        row = cur.fetchone()
    return Undelivered(*row) if row else None


def forget_old(conn: Connection, history_days: int, limit: int) -> list[str]:
    """Return up to `limit` jobs that ended longer ago than history is kept."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id FROM jobs WHERE ended_at < now() - %s * interval '1 day' LIMIT %s",
            (history_days, limit),
        )
        return [job_id for (job_id,) in cur.fetchall()]


def register_worker(conn: Connection, name: str, queues: list[str], host: str, pid: int) -> None:
    """Note that a worker lives and what it serves."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO workers (name, queues, host, pid) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET seen_at = now()",
            (name, queues, host, pid),
        )


def forget_worker(conn: Connection, name: str) -> None:
    """Note that a worker has stopped."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM workers WHERE name = %s", (name,))


def forget_dead_workers(conn: Connection) -> None:
    """Drop workers that have been silent for an hour."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM workers WHERE seen_at < now() - interval '1 hour'")
