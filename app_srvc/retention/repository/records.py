"""What goes of records that processors have handled, and of what became of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.retention.repository.counts import (
    AHEAD_DAYS,
    Count,
    Going,
    Outlook,
    count,
    estimate,
)  # fmt: skip


class Month(NamedTuple):
    """A month's part of what became of records, which goes as a whole."""

    begins: datetime
    rows: Count
    bytes: int
    goes_next: bool
    goes_soon: bool


def months(conn: Connection, days: int) -> list[Month]:
    """Return the parts, and which of them go when they are kept for so many days."""
    with conn.cursor() as cur:
        cur.execute(
            """
            SELECT relname, month AT TIME ZONE 'UTC', pg_total_relation_size(oid),
                after < now() - %(days)s * interval '1 day',
                after < now() + (%(ahead)s - %(days)s) * interval '1 day'
            FROM (
                SELECT relname, oid, to_date(right(relname, 7), 'YYYY_MM')::timestamp
                FROM pg_inherits JOIN pg_class ON oid = inhrelid
                WHERE inhparent IN ('record_attempts'::regclass, 'record_lines'::regclass)
                AND relname ~ '_[0-9]{4}_[0-9]{2}$'
            ) AS part (relname, oid, month),
            LATERAL (SELECT (month + interval '1 month')::date AS after) AS next
            ORDER BY month, relname
            """,
            {"days": days, "ahead": AHEAD_DAYS},
        )
        found = cur.fetchall()
    return [Month(row[1], count(conn, row[0]), *row[2:]) for row in found]


class Keeping(NamedTuple):
    """A processor, and for how many days it keeps records that are done."""

    id: int
    name: str
    title: str
    days: int


def processors(conn: Connection, limit: int) -> list[Keeping]:
    """Return the processors, by title."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, name, title, keep_days FROM processors ORDER BY title, id LIMIT %s",
            (limit,),
        )
        return [Keeping(*row) for row in cur.fetchall()]


def outlooks(conn: Connection, known: Iterable[Keeping]) -> dict[int, Outlook]:
    """Return what goes of the records of processors that are done: into the archive."""
    is_about = count(conn, "records WHERE true").is_about
    counted = {} if is_about else _count_done(conn)
    found = {}
    for it in known:
        numbers = _estimate_done(conn, it) if is_about else counted.get(it.id, (0, 0, 0))
        there, following, soon = (Count(number, is_about=is_about) for number in numbers)
        found[it.id] = Outlook(there, Going(following), Going(soon))
    return found


def _count_done(conn: Connection) -> dict[int, tuple[int, int, int]]:
    with conn.cursor() as cur:
        cur.execute(
            """
            SELECT processor_id, count(*),
                count(*) FILTER (WHERE ended_at < now() - keep_days * interval '1 day'),
                count(*) FILTER (WHERE ended_at < now() + (%s - keep_days) * interval '1 day')
            FROM records JOIN processors ON processors.id = processor_id
            WHERE status = 'done' GROUP BY processor_id
            """,
            (AHEAD_DAYS,),
        )
        return {row[0]: row[1:] for row in cur.fetchall()}


def _estimate_done(conn: Connection, it: Keeping) -> tuple[int, int, int]:
    """Return what the planner expects: an index to count by would cost each record."""
    rows = (
        "records WHERE processor_id = %(processor)s AND status = 'done'"
        " AND ended_at < now() - %(days)s * interval '1 day'"
    )
    there, following, soon = (
        estimate(conn, rows, {"processor": it.id, "days": days})
        for days in (0, it.days, it.days - AHEAD_DAYS)
    )
    return there, following, soon
