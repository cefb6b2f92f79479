"""What is in a record, and what was in it before somebody changed it."""

from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.processors.repository.history import MANY, Record


class Version(NamedTuple):
    """What was in a record until somebody replaced it."""

    number: int
    media_type: str
    size: int
    replaced_by: str
    replaced_at: datetime


def body(conn: Connection, record_id: int, limit: int | None = None) -> tuple[str, bytes] | None:
    """Return the media type and what is in a record, or the beginning of it."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT media_type, CASE WHEN %(limit)s::integer IS NULL THEN body"
            " ELSE substring(body FOR %(limit)s) END FROM record_payloads WHERE record_id = %(id)s",
            {"id": record_id, "limit": limit},
        )
        row = cur.fetchone()
    return (row[0], bytes(row[1])) if row else None


def version_body(conn: Connection, record_id: int, number: int) -> tuple[str, bytes] | None:
    """Return the media type and what was in a record."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT media_type, body FROM record_payload_versions"
            " WHERE record_id = %s AND number = %s",
            (record_id, number),
        )
        row = cur.fetchone()
    return (row[0], bytes(row[1])) if row else None


def replace_body(conn: Connection, record: Record, content: bytes, by: str) -> bool:
    """Put something else into a record, and keep what was there.

    False when it is in work, or was changed since `record` was read.
    """
    with conn.cursor() as cur:
        cur.execute(
            "SELECT FROM records WHERE id = %s AND status NOT IN ('queued', 'running') AND"
            " (SELECT count(*) FROM record_payload_versions WHERE record_id = records.id) = %s"
            " FOR UPDATE",
            (record.id, record.versions),
        )
        if cur.rowcount != 1:
            return False
        cur.execute(
            "INSERT INTO record_payload_versions (record_id, number, media_type, body, replaced_by)"
            " SELECT record_id, %s, media_type, body, %s FROM record_payloads WHERE record_id = %s"
            " ON CONFLICT DO NOTHING",
            (record.versions + 1, by, record.id),
        )
        if cur.rowcount != 1:
            return False
        cur.execute(
            "UPDATE record_payloads SET body = %s WHERE record_id = %s", (content, record.id)
        )
    return True


def versions(conn: Connection, record_id: int) -> list[Version]:
    """Return what was in a record before, the newest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT number, media_type, octet_length(body), replaced_by, replaced_at"
            " FROM record_payload_versions WHERE record_id = %s ORDER BY number DESC LIMIT %s",
            (record_id, MANY),
        )
        return [Version(*row) for row in cur.fetchall()]
