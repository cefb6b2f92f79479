"""The rows of stored files: who needs them and until when.

A file that no job has, or no longer has, goes at its `expires_at`; one whose jobs have all ended
goes so many days after its `released_at`; one that has neither is needed by a job.
"""

from app_srvc.db import Connection

# An unclaimed file is renewed every minute while it is received, so ten say that nobody is there.
UNCLAIMED = "10 minutes"

_BIND = "UPDATE files SET expires_at = NULL, released_at = NULL WHERE key = ANY(%s)"


def reserve(conn: Connection, key: str, interval: str = UNCLAIMED) -> None:
    """Note that a file is about to be written, and how long it is kept unclaimed."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO files (key, expires_at) VALUES (%s, now() + %s::interval)",
            (key, interval),
        )


def note_size(conn: Connection, key: str, size: int) -> None:
    """Note how large a file is, once it is there.

    The commit does not wait for the disk: it becomes durable with that of the job that claims it.
    """
    with conn.cursor() as cur:
        cur.execute("SET LOCAL synchronous_commit = off")
        cur.execute("UPDATE files SET bytes = %s WHERE key = %s", (size, key))


def renew(conn: Connection, keys: list[str]) -> None:
    """Keep unclaimed files for another while."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE files SET expires_at = now() + %s::interval"
            " WHERE key = ANY(%s) AND expires_at > now()",
            (UNCLAIMED, keys),
        )


def postpone(conn: Connection, keys: list[str]) -> None:
    """Try an hour later to delete what could not be deleted."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE files SET expires_at = now() + interval '1 hour', released_at = NULL"
            " WHERE key = ANY(%s)",
            (keys,),
        )


def claim(conn: Connection, job_id: str, keys: list[str], *, working: bool = False) -> bool:
    """Bind files to a job that has not ended; False when one of them is gone already."""
    if not keys:
        return True
    with conn.cursor() as cur:
        cur.execute(_BIND, (keys,))
        if cur.rowcount != len(keys):
            return False
        cur.execute(
            "INSERT INTO job_files (job_id, key, working)"
            " SELECT %s, unnest(%s::text[]), %s ON CONFLICT DO NOTHING",
            (job_id, keys, working),
        )
    return True


def reclaim(conn: Connection, job_id: str) -> bool:
    """Bind an ended job's own files to it again; False when one of them is gone already.

    What it has made for itself may still be there, unswept: then it stays, or it would be swept
    under the attempt that goes on with it.
    """
    with conn.cursor() as cur:
        cur.execute("SELECT key, working FROM job_files WHERE job_id = %s", (job_id,))
        found = cur.fetchall()
        cur.execute(_BIND, ([key for key, working in found if working],))
        keys = [key for key, working in found if not working]
        cur.execute(_BIND, (keys,))
        return cur.rowcount == len(keys)


def release(conn: Connection, job_id: str) -> None:
    """Let go of the files of a job that has ended, unless another job still needs them.

    What it has made for itself goes at once; the rest is kept for a while from now on.
    """
    with conn.cursor() as cur:
        cur.execute(
            """
            UPDATE files
            SET expires_at = CASE WHEN mine.working THEN now() END,
                released_at = CASE WHEN NOT mine.working THEN now() END
            FROM job_files AS mine
            WHERE mine.job_id = %s AND mine.key = files.key AND NOT EXISTS (
                SELECT FROM job_files AS other JOIN jobs ON jobs.id = other.job_id
                WHERE other.key = files.key AND other.job_id <> mine.job_id
                  AND jobs.ended_at IS NULL
            )
            """,
            (job_id,),
        )


def give_up(conn: Connection, job_id: str) -> None:
    """Let go of the files of an ended job that is deleted, unless another job has them too.

    What another job has expires with that one: its time is set when the last of them ends.
    """
    with conn.cursor() as cur:
        cur.execute(
            """
            UPDATE files SET expires_at = now(), released_at = NULL FROM job_files AS mine
            WHERE mine.job_id = %s AND mine.key = files.key AND NOT EXISTS (
                SELECT FROM job_files AS other
                WHERE other.key = files.key AND other.job_id <> mine.job_id
            )
            """,
            (job_id,),
        )


def keep(conn: Connection, job_id: str, keys: list[str]) -> None:
    """Count files that a job has made for itself as its own: they stay when it has ended."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE job_files SET working = false WHERE job_id = %s AND key = ANY(%s)",
            (job_id, keys),
        )


def expire_working(conn: Connection, job_id: str) -> None:
    """Let go of what an earlier attempt of the job made for itself."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE files SET expires_at = now() FROM job_files"
            " WHERE job_files.job_id = %s AND working AND job_files.key = files.key",
            (job_id,),
        )
        cur.execute("DELETE FROM job_files WHERE job_id = %s AND working", (job_id,))


def expire_unclaimed(conn: Connection, keys: list[str]) -> None:
    """Let go of those of `keys` that no job has claimed."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE files SET expires_at = now() WHERE key = ANY(%s) AND expires_at IS NOT NULL",
            (keys,),
        )


def expire_ownerless(conn: Connection) -> None:
    """Let go of files whose job was deleted."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE files SET expires_at = now() WHERE expires_at IS NULL AND released_at IS NULL"
            " AND NOT EXISTS (SELECT FROM job_files WHERE job_files.key = files.key)"
        )


def lock_expired(conn: Connection, days: int, limit: int) -> list[str]:
    """Return up to `limit` keys whose time is up, locked against being claimed.

    `days` is for how long files are kept that all jobs have let go of.
    """
    with conn.cursor() as cur:
        cur.execute(
            "SELECT key FROM files WHERE expires_at <= now()"
            " ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED",
            (limit,),
        )
        keys = [key for (key,) in cur.fetchall()]
        # A process of an earlier version claims a file without a word to `released_at`.
        cur.execute(
            """
            SELECT key FROM files
            WHERE released_at <= now() - %s * interval '1 day' AND expires_at IS NULL
            AND NOT EXISTS (
                SELECT FROM job_files JOIN jobs ON jobs.id = job_files.job_id
                WHERE job_files.key = files.key AND jobs.ended_at IS NULL
            )
            ORDER BY released_at LIMIT %s FOR UPDATE OF files SKIP LOCKED
            """,
            (days, limit - len(keys)),
        )
        return keys + [key for (key,) in cur.fetchall()]


def delete(conn: Connection, keys: list[str]) -> None:
    """Forget files that are no longer there."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM files WHERE key = ANY(%s)", (keys,))
