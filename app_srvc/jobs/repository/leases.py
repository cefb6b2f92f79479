"""What holds a running job to its worker: the lease, and the attempt that renews it."""

from typing import NamedTuple

from app_srvc import settings
from app_srvc.db import Connection
from app_srvc.words import pack


class Beat(NamedTuple):
    """What a worker learns when it renews the lease of the job it runs."""

    cancelled: bool
    overdue: bool


class Held(NamedTuple):
    """A running job and the attempt that holds it, or has handed it over."""

    id: str
    attempt: int
    handed_over: bool


def beat(conn: Connection, job_id: str, worker: str, grace_seconds: float) -> Beat | None:
    """Renew the lease on a job; None when `worker` does not hold it (yet, or any more)."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET lease_until = CASE WHEN handed_over THEN lease_until"
            " ELSE now() + %s * interval '1 second' END"
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
            (pack(stage), min(max(progress, 0.0), 1.0), job_id, attempt),
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


def expired(conn: Connection) -> list[Held]:
    """Return running jobs whose worker has not been heard of within its lease.

    A job that is handed over has none: it is lost when it has no part to go on with it.
    """
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, attempt, handed_over FROM jobs AS job WHERE state = 'running'"
            " AND (lease_until < now() OR (handed_over AND NOT EXISTS ("
            "  SELECT FROM jobs WHERE part_of = job.id AND ended_at IS NULL)))"
        )
        return [Held(*row) for row in cur.fetchall()]
