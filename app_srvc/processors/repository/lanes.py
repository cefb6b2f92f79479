"""Lanes: a handler works in one, and there are as many as may work at once.

Whoever reads from another database has one too, of a number that no handler has.
"""

from typing import NamedTuple

from app_srvc.db import Connection

READER = -1


class Free(NamedTuple):
    """A lane that nobody holds; `seq` is the token that it was last held with."""

    number: int
    seq: int


def acquire(conn: Connection, processor_id: int, number: int, owner: str) -> int | None:
    """Take a lane, and return the token that it is held with; None when it is not to be had.

    It is free when nobody holds it, or its holder has not been heard of for a lease.
    """
    with conn.cursor() as cur:
        cur.execute(
            """
            INSERT INTO lanes (processor_id, number, seq, holder, lease_until)
            SELECT id, %(number)s, 1, %(owner)s,
                clock_timestamp() + 2 * lease_seconds * interval '1 second'
            FROM processors
            WHERE id = %(processor)s AND %(number)s < parallel AND desired = 'running'
            ON CONFLICT (processor_id, number) DO UPDATE SET
                seq = lanes.seq + 1, holder = excluded.holder, lease_until = excluded.lease_until
            WHERE lanes.lease_until IS NULL OR lanes.lease_until < clock_timestamp()
            RETURNING seq
            """,
            {"processor": processor_id, "number": number, "owner": owner},
        )
        row = cur.fetchone()
    return row[0] if row else None


def free(conn: Connection, processor_id: int) -> list[Free]:
    """Return the lanes that somebody could take, of as many records as wait.

    While the destination is down there is one, for the probe, once it is due; and none while the
    next slot under the processor's rate is far away.
    """
    with conn.cursor() as cur:
        cur.execute(
            """
            SELECT numbers.number, coalesce(seq, 0)
            FROM processors CROSS JOIN generate_series(0, parallel - 1) AS numbers (number)
            LEFT JOIN lanes ON processor_id = processors.id AND lanes.number = numbers.number
            WHERE processors.id = %s AND desired = 'running'
            AND (lease_until IS NULL OR lease_until < clock_timestamp())
            AND (probe_at IS NULL OR (probe_at <= clock_timestamp() AND numbers.number = 0))
            AND (rate IS NULL OR next_slot_at <= clock_timestamp() + interval '2 seconds')
            ORDER BY numbers.number LIMIT (
                SELECT count(*) FROM (
                    SELECT FROM records WHERE status = 'queued' AND cycle_id = (
                        SELECT id FROM cycles WHERE processor_id = %s AND ended_at IS NULL)
                    LIMIT 64) AS waiting)
            """,
            (processor_id, processor_id),
        )
        return [Free(*row) for row in cur.fetchall()]


def release(conn: Connection, worker: str) -> None:
    """Free the lanes of a worker that handles nothing any more."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE lanes SET lease_until = NULL, seq = seq + 1"
            " WHERE holder = %s AND lease_until IS NOT NULL",
            (worker,),
        )


def release_silent(conn: Connection, silent_seconds: float) -> None:
    """Free the lanes of workers that have not been heard of for so long."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE lanes SET lease_until = NULL, seq = seq + 1"
            " WHERE lease_until IS NOT NULL AND NOT EXISTS (SELECT FROM workers"
            " WHERE name = holder AND seen_at > now() - interval '1 second' * %s)",
            (silent_seconds,),
        )


def leave(conn: Connection, processor_id: int, number: int, seq: int) -> None:
    """Give a lane back, if it is still held with this token."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE lanes SET lease_until = NULL"
            " WHERE processor_id = %s AND number = %s AND seq = %s",
            (processor_id, number, seq),
        )
