"""Who has asked for a link to set a password; whether there is such a person is another matter."""

from app_srvc.db import Connection


def add(conn: Connection, job_id: str, email_key: str) -> None:
    """Record a request."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO password_requests (job_id, email_key) VALUES (%s, %s)",
            (job_id, email_key),
        )


def take(conn: Connection, job_id: str) -> str | None:
    """Return whose link was asked for, once; None when it has been dealt with."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT email_key FROM password_requests WHERE job_id = %s FOR UPDATE", (job_id,)
        )
        row = cur.fetchone()
        cur.execute("UPDATE password_requests SET email_key = NULL WHERE job_id = %s", (job_id,))
    return row[0] if row else None


def forget_old(conn: Connection) -> None:
    """Forget whose link it was in requests that were never dealt with."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE password_requests SET email_key = NULL FROM jobs WHERE jobs.id = job_id"
            " AND email_key IS NOT NULL AND ended_at < now() - interval '1 day'"
        )
