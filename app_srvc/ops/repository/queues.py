"""How queues stand: what waits, what runs, what has ended lately, who serves them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app_srvc.db import Connection
from app_srvc.jobs.repository.workers import ALIVE_SECONDS

RATE_MINUTES = 5
# Of each queue so many jobs at most are looked at, the last that have ended.
MOST_ENDED = 2_000


class Times(NamedTuple):
    """Half of the jobs took no longer than the first, 95 % no longer than the other; seconds."""

    median: float
    most: float


class QueueStanding(NamedTuple):
    """A queue. So many have ended, `done` or `failed`, in so many `minutes`.

    `oldest_seconds` is that of what waits to be begun, None when nothing does: what is tried again
    after a pause keeps its place, and nobody knows since when it waits. Times are None when nothing
    has ended in an hour.
    """

    name: str
    workers: int
    waiting: int
    oldest_seconds: float | None
    running: int
    scheduled: int
    done: int
    failed: int
    minutes: float
    waited: Times | None
    ran: Times | None

    @property
    def done_a_minute(self) -> float:
        """How many jobs a minute are done."""
        return self.done / self.minutes

    @property
    def failed_a_minute(self) -> float:
        """How many jobs a minute fail for good."""
        return self.failed / self.minutes


# What has not ended, by queue. A job waits until it is begun for the first time; one that a person
# lets be tried again, until that is begun. It is one pass: where one queue has most of all jobs,
# the planner would read the whole table for each queue by itself.
LIVE = """
    live AS (
        SELECT queue, count(*) FILTER (WHERE state = 'waiting') AS waiting,
            count(*) FILTER (WHERE state = 'running') AS running,
            count(*) FILTER (WHERE state = 'scheduled') AS scheduled,
            min(waiting_since) FILTER (WHERE state = 'waiting'
                AND (taken_at IS NULL OR taken_at < waiting_since)) AS since
        FROM jobs WHERE state IN ('waiting', 'running', 'scheduled') GROUP BY queue
    )
"""
# The order makes the planner take the index, whatever it believes of the table; and
# now() does, which an index can be searched for as clock_timestamp() cannot.
_STANDING = f"""
    WITH {LIVE}
    SELECT one.name,
        (SELECT count(*) FROM workers WHERE one.name = ANY (queues)
            AND seen_at > now() - %(silent)s * interval '1 second'),
        coalesce(live.waiting, 0), extract(epoch FROM clock_timestamp() - live.since)::float8,
        coalesce(live.running, 0), coalesce(live.scheduled, 0),
        ended.done, ended.failed,
        -- Where there were more, those that were looked at have ended in less time.
        CASE WHEN ended.number < %(most)s THEN %(minutes)s
            ELSE least(%(minutes)s, greatest(1, extract(epoch FROM now() - ended.since)) / 60)
        END::float8,
        ended.waited, ended.ran
    FROM unnest(%(queues)s::text[]) WITH ORDINALITY AS one (name, place)
    LEFT JOIN live ON live.queue = one.name
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE is_late AND state = 'finished') AS done,
            count(*) FILTER (WHERE is_late AND state = 'failed') AS failed,
            count(*) AS number, min(ended_at) AS since,
            percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY waited) AS waited,
            percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY ran) AS ran
        FROM (
            SELECT state, ended_at,
                ended_at > now() - %(minutes)s * interval '1 minute' AS is_late,
                greatest(0, extract(epoch FROM CASE WHEN started_at >= waiting_since
                    THEN started_at ELSE taken_at END - waiting_since))::float8 AS waited,
                extract(epoch FROM ended_at - taken_at)::float8 AS ran
            FROM jobs WHERE queue = one.name AND state IN ('finished', 'failed')
            AND ended_at > now() - interval '1 hour'
            ORDER BY ended_at DESC LIMIT %(most)s
        ) AS lately
    ) AS ended
    ORDER BY one.place
"""  # noqa: S608  # All words are our own.


def standings(conn: Connection, queues: Sequence[str]) -> list[QueueStanding]:
    """Return how these queues stand, in their order."""
    with conn.cursor() as cur:
        cur.execute(
            _STANDING,
            {
                "queues": list(queues),
                "silent": ALIVE_SECONDS,
                "minutes": RATE_MINUTES,
                "most": MOST_ENDED,
            },
        )
        return [_standing(*row) for row in cur.fetchall()]


def _standing(*row: Any) -> QueueStanding:
    *known, waited, ran = row
    return QueueStanding._make((*known, _times(waited), _times(ran)))


def _times(found: list[float] | None) -> Times | None:
    return Times(*found) if found else None
