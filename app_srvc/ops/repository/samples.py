"""A day of how queues stood, a row a minute: bounded, however long the product runs."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.ops.repository.queues import LIVE

# What ends in the last moment of a minute may be committed a little later.
SETTLED_SECONDS = 5
BIN_MINUTES = 30
BINS = 48


class Bin(NamedTuple):
    """Half an hour of a queue, from `at` on: peaks of what waited and ran, sums of what ended."""

    at: datetime
    waiting: int
    running: int
    oldest_seconds: float | None
    done: int
    failed: int


class Day(NamedTuple):
    """The half hours of a day, of which `ends_at` ends the last; where nobody looked, none is."""

    ends_at: datetime
    queues: dict[str, list[Bin]]


_RECORD = f"""
    WITH {LIVE}
    INSERT INTO ops_samples (queue, at, waiting, running, oldest_seconds, done, failed)
    SELECT one.name, minute.at, coalesce(live.waiting, 0), coalesce(live.running, 0),
        extract(epoch FROM clock_timestamp() - live.since)::float8, ended.done, ended.failed
    FROM unnest(%(queues)s::text[]) AS one (name)
    CROSS JOIN (SELECT date_trunc(
        'minute', now() - %(settled)s * interval '1 second') AS at) AS minute
    LEFT JOIN live ON live.queue = one.name
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'finished') AS done,
            count(*) FILTER (WHERE state = 'failed') AS failed
        FROM jobs WHERE queue = one.name AND state IN ('finished', 'failed')
        AND ended_at >= minute.at - interval '1 minute' AND ended_at < minute.at
    ) AS ended
    ON CONFLICT DO NOTHING
"""  # noqa: S608  # All words are our own.


def record(conn: Connection, queues: Sequence[str]) -> float:
    """Record the minute that has ended last, once, and return the seconds until the next one."""
    with conn.cursor() as cur:
        cur.execute(_RECORD, {"queues": list(queues), "settled": SETTLED_SECONDS})
        cur.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        row = cur.fetchone()
    assert row is not None  # noqa: S101  # It has one in any case.
    seconds: float = row[0]
    return 60 - (seconds - SETTLED_SECONDS) % 60


def forget_old(conn: Connection) -> None:
    """Forget all but the last day."""
    with conn.cursor() as cur:
        cur.execute(
            "DELETE FROM ops_samples WHERE at <= date_trunc('minute', now()) - interval '1 day'"
        )


def day(conn: Connection) -> Day:
    """Return the last day by half hours, oldest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT date_bin(%(bin)s * interval '1 minute', now(), '2000-01-01Z')"
            " + %(bin)s * interval '1 minute'",
            {"bin": BIN_MINUTES},
        )
        ends_at = (cur.fetchone() or (None,))[0]
        cur.execute(
            # A sample is about the minute before it.
            "SELECT queue, date_bin(%(bin)s * interval '1 minute', at - interval '1 minute',"
            " '2000-01-01Z') AS bin, max(waiting), max(running), max(oldest_seconds),"
            " sum(done)::integer, sum(failed)::integer FROM ops_samples"
            " WHERE at > %(end)s - %(bins)s * %(bin)s * interval '1 minute'"
            " GROUP BY queue, bin ORDER BY queue, bin",
            {"bin": BIN_MINUTES, "bins": BINS, "end": ends_at},
        )
        queues: dict[str, list[Bin]] = {}
        for queue, *values in cur.fetchall():
            queues.setdefault(queue, []).append(Bin(*values))
    return Day(ends_at, queues)
