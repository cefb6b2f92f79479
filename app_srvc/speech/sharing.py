"""How attempts at several jobs share the segments of one recording."""

from app_srvc.db import Connection
from app_srvc.speech.sound import Segment


def take(conn: Connection, job_id: str, by: str, attempt: int) -> Segment | None:
    """Take the first segment that is neither recognised nor with a living attempt at a job.

    It stays with this attempt for as long as that lives.
    """
    with conn.cursor() as cur:
        cur.execute(
            """
            UPDATE segments SET taken_by = %(by)s, taken_attempt = %(attempt)s
            WHERE job_id = %(job)s AND position = (
                SELECT position FROM segments
                WHERE segments.job_id = %(job)s AND words IS NULL AND NOT EXISTS (
                    SELECT FROM live_attempts AS live
                    WHERE live.job_id = taken_by AND live.attempt = taken_attempt
                      AND live.job_id <> %(by)s
                )
                ORDER BY position LIMIT 1 FOR UPDATE OF segments SKIP LOCKED
            )
            RETURNING position, start_ms, end_ms
            """,
            {"job": job_id, "by": by, "attempt": attempt},
        )
        row = cur.fetchone()
    return Segment(row[0], row[1], row[2], None) if row else None


def count_free(conn: Connection, job_id: str) -> int:
    """Return how many segments are neither recognised nor with a living attempt at a job."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT count(*) FROM segments WHERE job_id = %s AND words IS NULL AND NOT EXISTS ("
            " SELECT FROM live_attempts AS live"
            " WHERE live.job_id = taken_by AND live.attempt = taken_attempt)",
            (job_id,),
        )
        row = cur.fetchone()
    return row[0] if row else 0


def share_done(conn: Connection, job_id: str) -> float:
    """Return how much of the speech is recognised, 0 to 1 and by its length; 1 without any."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT sum(end_ms - start_ms) FILTER (WHERE words IS NOT NULL),"
            " sum(end_ms - start_ms) FROM segments WHERE job_id = %s",
            (job_id,),
        )
        done, all_of_it = cur.fetchone() or (None, None)
    return float(done or 0) / float(all_of_it) if all_of_it else 1.0


def are_done(conn: Connection, job_id: str) -> bool:
    """Say whether all segments are recognised."""
    with conn.cursor() as cur:
        cur.execute("SELECT FROM segments WHERE job_id = %s AND words IS NULL LIMIT 1", (job_id,))
        return cur.rowcount == 0
