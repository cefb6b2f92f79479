"""Links to transcripts, for whoever holds one."""

from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection


class Share(NamedTuple):
    """A link to a transcript; `expires_at` None: until it is revoked."""

    id: str
    token_hash: str
    created_at: datetime
    expires_at: datetime | None
    has_expired: bool


def add(
    conn: Connection, share_id: str, job_id: str, token_hash: str, expires_at: datetime | None
) -> None:
    """Record a link."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO shares (id, job_id, token_hash, expires_at) VALUES (%s, %s, %s, %s)",
            (share_id, job_id, token_hash, expires_at),
        )


def of_job(conn: Connection, job_id: str) -> list[Share]:
    """Return the links to a transcript, newest first, those that have ended as well."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, token_hash, created_at, expires_at, coalesce(expires_at <= now(), false)"
            " FROM shares WHERE job_id = %s ORDER BY created_at DESC, id",
            (job_id,),
        )
        return [Share(*row) for row in cur.fetchall()]


def open_to(conn: Connection, token_hash: str) -> str | None:
    """Return the transcript that a token opens; None where it opens none any more."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT job_id FROM shares JOIN jobs ON jobs.id = job_id WHERE token_hash = %s"
            " AND (expires_at IS NULL OR expires_at > now()) AND deleted_at IS NULL",
            (token_hash,),
        )
        row = cur.fetchone()
    return row[0] if row else None


def remove(conn: Connection, job_id: str, share_id: str) -> bool:
    """Let a link of a transcript open nothing any more; False when there is none like that."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM shares WHERE job_id = %s AND id = %s", (job_id, share_id))
        return cur.rowcount == 1
