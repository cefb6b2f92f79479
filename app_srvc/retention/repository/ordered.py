"""What goes of rows that are deleted one by one, as they grow old."""

from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.retention.repository.counts import (
    AHEAD_DAYS,
    MOST,
    Count,
    Going,
    Outlook,
    count,
    estimate,
)  # fmt: skip


class Ordered(NamedTuple):
    """Rows in the order in which they go: where, by what, and how large; and if an index has it."""

    rows: str
    moment: str
    bytes: str = "NULL"
    has_index: bool = True


FILES = Ordered(
    "files WHERE released_at IS NOT NULL AND expires_at IS NULL", "released_at", "bytes"
)
UPLOADS = Ordered("files WHERE expires_at IS NOT NULL", "expires_at", "bytes")
JOBS = Ordered("jobs WHERE ended_at IS NOT NULL AND part_of IS NULL", "ended_at")
CYCLES = Ordered("cycles WHERE ended_at IS NOT NULL", "ended_at")
UNCONFIRMED = Ordered("users WHERE state = 'waiting'", "created_at")
SESSIONS = Ordered("sessions WHERE true", "expires_at", has_index=False)
LINKS = Ordered("password_links WHERE true", "expires_at", has_index=False)


def outlook(conn: Connection, of: Ordered, days: int) -> Outlook:
    """Return what goes of rows that are kept for so many days after their moment."""
    there = count(conn, of.rows)
    following, soon = (
        _going(conn, of, days - ahead, looks=of.has_index or not there.is_about)
        for ahead in (0, AHEAD_DAYS)
    )
    return Outlook(there, following, soon)


def _going(conn: Connection, of: Ordered, days: int, *, looks: bool) -> Going:
    """Return what is older; of more than `MOST`, the oldest are taken for the others.

    It `looks` at none where that would be to look at all.
    """
    old = f"{of.rows} AND {of.moment} <= now() - %(days)s * interval '1 day'"
    values = {"days": days}
    if not looks:
        return Going(Count(estimate(conn, old, values), is_about=True))
    statement = f"""
        SELECT count(*), sum(bytes), min(moment),
            (SELECT {of.moment} FROM {old} ORDER BY {of.moment} DESC LIMIT 1)
        FROM (
            SELECT {of.moment} AS moment, {of.bytes}::bigint AS bytes FROM {old}
            ORDER BY {of.moment} LIMIT {MOST + 1}
        ) AS oldest
    """  # noqa: S608
    with conn.cursor() as cur:
        cur.execute(statement, values)
        number, size, oldest, newest = cur.fetchone() or (0, None, None, None)
    rows = Count(number)
    if number > MOST:
        rows = Count(max(estimate(conn, old, values), MOST), is_about=True)
        size = size and size * rows.number // number
    known = None if of.bytes == "NULL" else int(size or 0)
    return Going(rows, known, oldest, newest)
