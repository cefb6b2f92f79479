"""What calls have answered."""

from app_srvc.db import Connection


def keep(conn: Connection, job_id: str, body: str) -> None:
    """Keep the answer of a job, as JSON; one of an earlier attempt is replaced."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO call_results (job_id, body) VALUES (%s, %s)"
            " ON CONFLICT (job_id) DO UPDATE SET body = excluded.body",
            (job_id, body),
        )


def find(conn: Connection, job_id: str) -> str | None:
    """Return the answer of a job, as JSON."""
    with conn.cursor() as cur:
        cur.execute("SELECT body FROM call_results WHERE job_id = %s", (job_id,))
        row = cur.fetchone()
    return row[0] if row else None
