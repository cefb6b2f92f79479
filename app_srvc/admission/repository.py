"""How much there is already."""

from app_srvc.db import Connection


def count_waiting(conn: Connection, queue: str, limit: int) -> int:
    """Count the jobs of a queue that wait to begin or are handed over to parts, up to `limit`."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT count(*) FROM ("
            " SELECT FROM jobs WHERE queue = %(queue)s AND state = 'waiting'"
            " UNION ALL"
            " SELECT FROM jobs WHERE queue = %(queue)s AND state = 'running' AND handed_over"
            " LIMIT %(limit)s) AS found",
            {"queue": queue, "limit": limit},
        )
        row = cur.fetchone()
    return row[0] if row else 0
