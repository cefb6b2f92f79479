"""Who wants a mail once a job has ended."""

from typing import NamedTuple

from app_srvc.db import Connection


class Wish(NamedTuple):
    """Somebody wants a mail about a job."""

    job_id: str
    user_id: str


def add(conn: Connection, job_id: str, user_id: str) -> None:
    """Remember that somebody wants a mail once a job has ended."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO mail_wishes (job_id, user_id) VALUES (%s, %s)"
            " ON CONFLICT (job_id) DO UPDATE SET user_id = excluded.user_id",
            (job_id, user_id),
        )


def remove(conn: Connection, job_id: str) -> None:
    """Forget that anybody wants a mail about it."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM mail_wishes WHERE job_id = %s", (job_id,))


def has(conn: Connection, job_id: str) -> bool:
    """Say whether somebody wants a mail about it."""
    with conn.cursor() as cur:
        cur.execute("SELECT FROM mail_wishes WHERE job_id = %s", (job_id,))
        return cur.rowcount == 1


def take_due(conn: Connection, limit: int) -> list[Wish]:
    """Take the wishes about jobs that have ended: those who may read of them are to get a mail.

    Whoever is locked meanwhile, or does not own the job any more, gets none.
    """
    with conn.cursor() as cur:
        cur.execute(
            "DELETE FROM mail_wishes WHERE job_id IN ("
            " SELECT job_id FROM mail_wishes JOIN jobs ON jobs.id = job_id"
            " WHERE ended_at IS NOT NULL LIMIT %s FOR UPDATE OF mail_wishes SKIP LOCKED)"
            " RETURNING job_id, user_id, EXISTS ("
            " SELECT FROM jobs JOIN users ON owner = 'user:' || users.id"
            " WHERE jobs.id = job_id AND users.id = user_id AND users.state = 'active')",
            (limit,),
        )
        return [Wish(job_id, user_id) for job_id, user_id, may_read in cur.fetchall() if may_read]
