"""The rows of files that arrive in pieces: whose they are and how far they have come."""

import json
from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.storage.protocol import Kept

# After the last byte that came, and when none has come yet.
UNFINISHED = "24 hours"
NOT_BEGUN = "1 hour"


class Pending(NamedTuple):
    """A file of `length` bytes of which the first `received` are safe.

    `job_id` is the job that took it; before that it goes when `expires_at` comes. `kept` is what
    the storage knows of what has come.
    """

    id: str
    key: str
    owner: str | None
    name: str
    metadata: str
    length: int
    received: int
    job_id: str | None = None
    expires_at: datetime | None = None
    kept: Kept = {}  # noqa: RUF012  # Nobody changes it.


def add(conn: Connection, new: Pending) -> None:
    """Record an upload of which nothing has come; its file has a row already."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO uploads (id, key, owner, name, metadata, length)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (new.id, new.key, new.owner, new.name, new.metadata, new.length),
        )


def count_pending(conn: Connection, owner: str | None) -> int:
    """Count the uploads of an owner that no job has taken."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT count(*) FROM uploads WHERE owner IS NOT DISTINCT FROM %s AND job_id IS NULL",
            (owner,),
        )
        row = cur.fetchone()
    return row[0] if row else 0


def count_bytes_to_come(conn: Connection) -> int:
    """Return how many bytes of unfinished uploads have not come yet."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT coalesce(sum(length - received), 0) FROM uploads JOIN files USING (key)"
            " WHERE job_id IS NULL AND expires_at > now()"
        )
        row = cur.fetchone()
    return int(row[0]) if row else 0


def lock(conn: Connection, upload_id: str) -> None:
    """Keep the sweep and other writers away from an upload until the transaction ends.

    Only the row in `files` is locked, which the sweep takes first, too. What is read before the
    lock is held may be old: so `find` comes afterwards, as a statement of its own.
    """
    with conn.cursor() as cur:
        cur.execute(
            "SELECT FROM files WHERE key = (SELECT key FROM uploads WHERE id = %s) FOR UPDATE",
            (upload_id,),
        )


def find(conn: Connection, upload_id: str) -> Pending | None:
    """Return an upload whose time is not up at this very moment, however old the transaction."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, key, owner, name, metadata, length, received, job_id, expires_at, kept"
            " FROM uploads JOIN files USING (key)"
            " WHERE id = %s AND (expires_at IS NULL OR expires_at > clock_timestamp())",
            (upload_id,),
        )
        row = cur.fetchone()
    return Pending(*row) if row else None


def begin(conn: Connection, upload_id: str) -> int:
    """Return a number that no other piece of the upload has had."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE uploads SET begun = begun + 1 WHERE id = %s RETURNING begun", (upload_id,)
        )
        row = cur.fetchone()
    return row[0] if row else 0


def advance(conn: Connection, upload_id: str, received: int, kept: Kept) -> None:
    """Note how many bytes are safe now and where, and keep them for another while."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE uploads SET received = %s, kept = %s WHERE id = %s",
            (received, json.dumps(kept), upload_id),
        )
        cur.execute(
            "UPDATE files SET bytes = %s, expires_at = now() + %s::interval"
            " FROM uploads WHERE uploads.key = files.key AND id = %s",
            (received, UNFINISHED, upload_id),
        )


def take(conn: Connection, upload_id: str, job_id: str) -> bool:
    """Compare and set: an upload becomes one job's, and False when it is another's already."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE uploads SET job_id = %s WHERE id = %s AND job_id IS NULL", (job_id, upload_id)
        )
        return cur.rowcount == 1


def change_owner(conn: Connection, old: str, new: str) -> None:
    """Let all uploads of one owner belong to another."""
    with conn.cursor() as cur:
        cur.execute("UPDATE uploads SET owner = %s WHERE owner = %s", (new, old))


def keys_of(conn: Connection, owner: str) -> list[str]:
    """Return the files of an owner that no job has taken."""
    with conn.cursor() as cur:
        cur.execute("SELECT key FROM uploads WHERE owner = %s AND job_id IS NULL", (owner,))
        return [row[0] for row in cur.fetchall()]
