"""How processors stand, for people: as cheap with ten million records as with ten.

What waits is counted through partial indexes and not beyond a limit; what is done is counted as
each cycle ends.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.jobs.repository.workers import ALIVE_SECONDS
from app_srvc.words import Sentence, unpack

# Nobody needs to know more exactly how many there are.
MOST = 10_000


class Count(NamedTuple):
    """A number of records; `is_all` False means that there are more."""

    number: int
    is_all: bool = True


class Work(NamedTuple):
    """The open cycle of a processor. `oldest_at` is since when its oldest record is handled."""

    cycle_id: int
    claimed: int
    started_at: datetime
    queued: int
    running: int
    oldest_at: datetime | None

    @property
    def handled(self) -> int:
        """How many of its records are handled, or were given back."""
        return max(0, self.claimed - self.queued - self.running)


class Standing(NamedTuple):
    """A processor, what it is doing, and how many of its records are in which state.

    `asked_at` is the database's clock, by which all the times are; `changed_at` when it was
    started, paused or stopped.
    """

    id: int
    name: str
    title: str
    handler: str
    desired: str
    reason: Sentence | None
    changed_at: datetime
    once: bool
    halted: bool
    probe_at: datetime | None
    next_cycle_at: datetime
    asked_at: datetime
    work: Work | None
    counts: dict[str, Count]

    @property
    def running(self) -> int:
        """How many records are being handled just now."""
        return self.work.running if self.work else 0


class Ended(NamedTuple):
    """A cycle, with its totals if it has ended."""

    id: int
    cause: str
    started_at: datetime
    ended_at: datetime | None
    claimed: int
    done: int | None
    retried: int | None
    dead: int | None
    uncertain: int | None
    lost: int | None
    error: Sentence | None


class Busy(NamedTuple):
    """A record that is being handled."""

    id: int
    source_key: str
    attempt: int
    started_at: datetime
    worker: str | None


# The order makes the planner take the index, whatever it believes of the table.
_BOX = """(SELECT count(*) FROM (SELECT FROM records WHERE processor_id = it.id
    AND status = '{}' ORDER BY ended_at DESC, id DESC LIMIT %(limit)s) AS box)"""
_STANDING = f"""
    SELECT it.id, it.name, it.title, it.handler, it.desired, it.reason, it.changed_at, it.once,
        it.halted, it.probe_at, it.next_cycle_at, clock_timestamp(),
        open.id, open.claimed, open.started_at,
        work.queued, work.running, work.oldest_at, ready.new, ready.seen,
        {_BOX.format("retry")}, {_BOX.format("uncertain")}, {_BOX.format("dead")},
        it.done
    FROM processors AS it
    LEFT JOIN cycles AS open ON open.processor_id = it.id AND open.ended_at IS NULL
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
            count(*) FILTER (WHERE status = 'running') AS running,
            min(started_at) FILTER (WHERE status = 'running') AS oldest_at
        FROM records WHERE cycle_id = open.id AND status IN ('queued', 'running')
    ) AS work
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE status = 'new') AS new, count(*) AS seen
        FROM (
            SELECT status FROM records
            WHERE processor_id = it.id AND status IN ('new', 'retry')
            ORDER BY priority DESC, available_at, id LIMIT 2 * %(limit)s
        ) AS ready
    ) AS ready
    WHERE %(name)s::text IS NULL OR it.name = %(name)s
    ORDER BY it.name
"""  # noqa: S608  # The box is one of our own words.


def standings(conn: Connection, name: str | None = None) -> list[Standing]:
    """Return how all processors stand, or the one of that name."""
    with conn.cursor() as cur:
        cur.execute(_STANDING, {"name": name, "limit": MOST + 1})
        return [_standing(row) for row in cur.fetchall()]


def cycles(conn: Connection, processor_id: int, limit: int = 10) -> list[Ended]:
    """Return the last cycles, newest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, cause, started_at, ended_at, claimed, done, retried, dead, uncertain, lost,"
            " error FROM cycles WHERE processor_id = %s ORDER BY id DESC LIMIT %s",
            (processor_id, limit),
        )
        found = [Ended(*row) for row in cur.fetchall()]
    return [cycle._replace(error=cycle.error and unpack(cycle.error)) for cycle in found]


def busy(conn: Connection, cycle_id: int, limit: int = 64) -> list[Busy]:
    """Return the records that are being handled, the oldest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, source_key, attempts, started_at, worker FROM records"
            " WHERE cycle_id = %s AND status = 'running' ORDER BY started_at, id LIMIT %s",
            (cycle_id, limit),
        )
        return [Busy(*row) for row in cur.fetchall()]


def unserved(conn: Connection, queues: Sequence[str]) -> list[str]:
    """Return those of the queues that no living worker serves."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT queue FROM unnest(%s) AS queue WHERE NOT EXISTS (SELECT FROM workers"
            " WHERE queue = ANY (queues) AND seen_at > now() - %s * interval '1 second')",
            (list(queues), ALIVE_SECONDS),
        )
        return [queue for (queue,) in cur.fetchall()]


def _standing(row: tuple[object, ...]) -> Standing:
    known, work, counted = row[:12], row[12:18], row[18:]
    new, seen, retry, uncertain, dead, done = (int(str(number)) for number in counted)
    queued, running = (int(str(number)) for number in work[3:5])
    counts = {
        "new": Count(min(new, MOST), new <= MOST and seen <= 2 * MOST),
        "queued": Count(queued),
        "running": Count(running),
        "retry": _count(retry),
        "uncertain": _count(uncertain),
        "dead": _count(dead),
        "done": Count(done),
    }
    found = Standing(*known, Work(*work) if work[0] else None, counts)  # type: ignore[arg-type,call-arg]
    return found._replace(reason=found.reason and unpack(found.reason))


def _count(number: int) -> Count:
    return Count(min(number, MOST), number <= MOST)
