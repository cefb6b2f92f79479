"""What rqmonitor needs to know of many jobs at once."""

from collections.abc import Sequence

from app_srvc.db import Connection


def not_ended(conn: Connection, job_ids: Sequence[str]) -> list[str]:
    """Return those of these jobs that wait or run."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id FROM jobs WHERE id = ANY(%s::uuid[]) AND ended_at IS NULL", (list(job_ids),)
        )
        return [str(job_id) for (job_id,) in cur.fetchall()]
