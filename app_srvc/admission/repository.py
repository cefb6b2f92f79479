"""How much there is already, and how often somebody was refused for it."""

from collections.abc import Iterable
from typing import NamedTuple

from app_srvc.db import Connection

BIN_MINUTES = 5


class Refused(NamedTuple):
    """How often a limit has refused: within an hour, within a day, and since ever."""

    kind: str
    name: str
    hour: int = 0
    day: int = 0
    total: int = 0


def count_waiting(conn: Connection, queue: str, limit: int) -> int:
    """Count the jobs of a queue that wait to begin or are handed over to parts, up to `limit`."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT count(*) FROM ("
            " SELECT FROM jobs WHERE queue = %(queue)s AND state = 'waiting'"
            " UNION ALL"
            " SELECT FROM jobs WHERE queue = %(queue)s AND state = 'running' AND handed_over"
            " LIMIT %(limit)s) AS found",
            {"queue": queue, "limit": limit},
        )
        row = cur.fetchone()
    return row[0] if row else 0


_ADD = """
    WITH counted AS (
        SELECT * FROM unnest(%(kinds)s::text[], %(names)s::text[], %(numbers)s::bigint[])
            AS one (kind, name, number)
    ), total AS (
        INSERT INTO refusal_counts AS known (kind, name, number)
        SELECT kind, name, number FROM counted
        ON CONFLICT (kind, name) DO UPDATE SET number = known.number + excluded.number
    )
    INSERT INTO refusals AS known (at, kind, name, number)
    SELECT date_bin(%(bin)s * interval '1 minute', now(), '2000-01-01Z'), kind, name, number
    FROM counted
    ON CONFLICT (at, kind, name) DO UPDATE SET number = known.number + excluded.number
"""


def add_refusals(conn: Connection, counted: Iterable[tuple[str, str, int]]) -> None:
    """Add how often somebody was refused: kinds and names of limits, and a number for each."""
    # In one order, so that processes that write the same never wait for each other in a circle.
    rows = sorted(counted)
    kinds, names, numbers = ([row[place] for row in rows] for place in range(3))
    with conn.cursor() as cur:
        cur.execute(_ADD, {"kinds": kinds, "names": names, "numbers": numbers, "bin": BIN_MINUTES})


def refused(conn: Connection) -> list[Refused]:
    """Return all that was ever refused. An hour and a day are so long to within five minutes."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT total.kind, total.name, coalesce(sum(lately.number)"
            " FILTER (WHERE at > now() - interval '1 hour'), 0)::bigint,"
            " coalesce(sum(lately.number), 0)::bigint, total.number"
            " FROM refusal_counts AS total LEFT JOIN refusals AS lately"
            " ON (lately.kind, lately.name) = (total.kind, total.name)"
            " AND at > now() - interval '1 day'"
            " GROUP BY total.kind, total.name, total.number"
        )
        return [Refused(*row) for row in cur.fetchall()]


def forget_old_refusals(conn: Connection) -> None:
    """Forget when somebody was refused a day ago; that they were stays counted."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM refusals WHERE at <= now() - interval '1 day'")
