"""What is kept of records that have ended, and for how long."""

from app_srvc.db import Connection
from app_srvc.processors.repository import intake

# Tables of which each month has a part of its own, that goes as a whole; and by which column.
_BY_MONTH = {"record_attempts": "ended_at", "record_lines": "at"}


def all_ids(conn: Connection) -> list[int]:
    """Return the ids of all processors."""
    with conn.cursor() as cur:
        cur.execute("SELECT id FROM processors ORDER BY id")
        return [processor_id for (processor_id,) in cur.fetchall()]


def archive(conn: Connection, processor_id: int, limit: int) -> int:
    """Move records that were done long enough ago to the archive, and return how many.

    That they were done is kept, so that they are not taken in again; what was in them is not.
    """
    intake.keep_out(conn, processor_id)
    with conn.cursor() as cur:
        cur.execute(
            "SELECT now() - interval '1 day' * keep_days FROM processors WHERE id = %s",
            (processor_id,),
        )
        row = cur.fetchone()
        # As a value: an index of ranges serves no moment that is worked out row by row.
        cur.execute(
            """
            WITH old AS MATERIALIZED (
                SELECT id FROM records
                WHERE processor_id = %(processor)s AND status = 'done'
                AND created_at < %(before)s AND ended_at < %(before)s
                LIMIT %(limit)s FOR UPDATE SKIP LOCKED
            ), gone AS (
                DELETE FROM records USING old WHERE records.id = old.id
                RETURNING records.id, processor_id, source_key, idem_key, attempts, created_at,
                    ended_at
            )
            INSERT INTO archived_records SELECT * FROM gone ON CONFLICT DO NOTHING
            """,
            {"processor": processor_id, "before": row and row[0], "limit": limit},
        )
        return cur.rowcount


def forget_cycles(conn: Connection, days: int, at_once: int = 100_000) -> int:
    """Delete so many of the cycles that ended so long ago, the oldest first; return how many."""
    with conn.cursor() as cur:
        cur.execute(
            "DELETE FROM cycles WHERE id IN (SELECT id FROM cycles"
            " WHERE ended_at < now() - interval '1 day' * %s ORDER BY ended_at LIMIT %s)",
            (days, at_once),
        )
        return cur.rowcount


def make_room(conn: Connection) -> None:
    """Make the parts of this month and of the next one, if they are not there."""
    with conn.cursor() as cur:
        for table, column in _BY_MONTH.items():
            for month in (0, 1):
                cur.execute("SELECT make_month(%s, %s, %s)", (table, column, month))


def drop_old(conn: Connection, days: int) -> list[str]:
    """Drop the parts whose last day was so long ago, and return their names."""
    dropped = []
    with conn.cursor() as cur:
        cur.execute("SET LOCAL lock_timeout = '1s'")
        for table in _BY_MONTH:
            cur.execute(
                "SELECT relname, format('DROP TABLE %%I', relname)"
                " FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
                " WHERE inhparent = %s::regclass AND relname ~ '_[0-9]{4}_[0-9]{2}$'"
                " AND to_date(right(relname, 7), 'YYYY_MM') + interval '1 month'"
                " < now() - interval '1 day' * %s",
                (table, days),
            )
            for name, statement in cur.fetchall():
                cur.execute(statement)
                dropped.append(name)
    return dropped
