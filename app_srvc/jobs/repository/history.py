"""What is kept of jobs: the lines that their owners read, and for how long jobs are kept."""

from app_srvc.db import Connection
from app_srvc.jobs.repository import changes
from app_srvc.words import pack

# Why a job came to nothing, or why its latest attempt did.
REASON = """
    coalesce(jobs.reason, (
        SELECT reason FROM job_attempts WHERE job_attempts.job_id = jobs.id
        ORDER BY job_attempts.attempt DESC LIMIT 1
    ))
"""


def add_line(conn: Connection, job_id: str, message: str) -> None:
    """Add a line to what the owner reads about the job, or about the whole that it is a part of."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO job_log (job_id, message)"
            " SELECT coalesce(part_of, id), %s FROM jobs WHERE id = %s",
            (pack(message), job_id),
        )


def forget_old(conn: Connection, days: int, undo_minutes: int, limit: int) -> list[tuple[str, str]]:
    """Forget up to `limit` jobs, and return of each its id, and its queue.

    They ended longer ago than they are kept, or were deleted and nobody can want them back.
    """
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id FROM jobs WHERE ended_at < now() - %s * interval '1 day' AND part_of IS NULL"
            " ORDER BY ended_at LIMIT %s",
            (days, limit),
        )
        old = [job_id for (job_id,) in cur.fetchall()]
        # Locked, so that none is brought back between the look and its end.
        cur.execute(
            "SELECT id FROM jobs WHERE deleted_at <= now() - %s * interval '1 minute'"
            " AND NOT id = ANY(%s::uuid[]) ORDER BY deleted_at LIMIT %s FOR UPDATE SKIP LOCKED",
            (undo_minutes, old, limit - len(old)),
        )
        old += [job_id for (job_id,) in cur.fetchall()]
    return [(job_id, queue) for job_id in old if (queue := changes.delete(conn, job_id))]


def owners_of_late(conn: Connection) -> list[str]:
    """Return everybody who has submitted something in the last two days."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT DISTINCT owner FROM jobs WHERE owner IS NOT NULL"
            " AND created_at > now() - interval '2 days'"
        )
        return [owner for (owner,) in cur.fetchall()]
