"""How many there are, as far as that can be told at once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from app_srvc.db import Connection

MOST = 10_000
# What goes within so many days is told as well.
AHEAD_DAYS = 7


class Count(NamedTuple):
    """How many there are: exactly, or about as many."""

    number: int
    is_about: bool = False


class Going(NamedTuple):
    """What goes; `bytes` None is not known. `oldest` and `newest` say when it had ended."""

    rows: Count
    bytes: int | None = None
    oldest: datetime | None = None
    newest: datetime | None = None


class Outlook(NamedTuple):
    """How many there are, and of these, what goes at the next sweep, and within `AHEAD_DAYS`."""

    there: Count
    next: Going
    soon: Going


def count(conn: Connection, rows: str, values: Mapping[str, Any] | None = None) -> Count:
    """Count rows; more than `MOST` of them are estimated."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT count(*) FROM (SELECT FROM {rows} LIMIT {MOST + 1}) AS counted",  # noqa: S608
            values,
        )
        row = cur.fetchone()
    if row and row[0] <= MOST:
        return Count(row[0])
    return Count(max(estimate(conn, rows, values), MOST), is_about=True)


def estimate(conn: Connection, rows: str, values: Mapping[str, Any] | None = None) -> int:
    """Return how many rows the planner expects. Nothing is read for that."""
    with conn.cursor() as cur:
        cur.execute(f"EXPLAIN (FORMAT json) SELECT FROM {rows}", values)
        row = cur.fetchone()
    return int(row[0][0]["Plan"]["Plan Rows"]) if row else 0
