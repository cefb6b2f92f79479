"""Where a processor's records come from, and how far that was read."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from app_srvc.db import Connection

# The kind of what has none but its inbox.
INBOX = "inbox"


class Source(NamedTuple):
    """Where records come from; `mark` is how far a table was read that cannot be written to.

    What is configured of a table stays there while records come through the inbox alone.
    """

    kind: str
    config: Mapping[str, Any]
    mark: str | None


def find(conn: Connection, processor_id: int) -> Source | None:
    """Return the source of a processor."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT source, source_config, source_mark FROM processors WHERE id = %s",
            (processor_id,),
        )
        row = cur.fetchone()
    return Source(*row) if row else None


def change(conn: Connection, processor_id: int, version: int, source: Source) -> bool:
    """Let records come from there; False when somebody has changed the processor meanwhile."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE processors SET source = %s, source_config = %s, source_mark = %s,"
            " reason = NULL, version = version + 1 WHERE id = %s AND version = %s",
            (source.kind, json.dumps(source.config), source.mark, processor_id, version),
        )
        return cur.rowcount == 1


def set_mark(conn: Connection, processor_id: int, source: Source, mark: str) -> bool:
    """Note how far a source was read, in the transaction that takes in what was there.

    False when another one was chosen meanwhile: the mark would be of no use there.
    """
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE processors SET source_mark = %s WHERE id = %s AND source_config = %s",
            (mark, processor_id, json.dumps(source.config)),
        )
        return cur.rowcount == 1


def note_unread(conn: Connection, processor_id: int, error: str, pause_seconds: float) -> None:
    """Keep that no records could be read for a cycle, and why; the next may."""
    with conn.cursor() as cur:
        cur.execute(
            "WITH ended AS (UPDATE processors SET once = false, reason = %s,"
            " desired = CASE WHEN once THEN 'stopped' ELSE desired END,"
            " next_cycle_at = clock_timestamp() + interval '1 second'"
            " * greatest(pause_seconds, %s) WHERE id = %s RETURNING id, epoch)"
            " INSERT INTO cycles (processor_id, epoch, cause, ended_at, error)"
            " SELECT id, epoch, 'timer', clock_timestamp(), %s FROM ended",
            (error, pause_seconds, processor_id, error),
        )


def note_read(conn: Connection, processor_id: int) -> None:
    """Keep that the source can be read again, if it could not be."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE processors SET reason = NULL"
            " WHERE id = %s AND desired = 'running' AND reason IS NOT NULL",
            (processor_id,),
        )
