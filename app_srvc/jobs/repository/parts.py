"""Jobs that are handed over to their parts, and the parts.

No worker holds the whole: it runs for as long as a part of it is there to go on.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from app_srvc.db import Connection
from app_srvc.jobs.repository.workers import ALIVE
from app_srvc.words import pack

# The progress of a whole is written at most so often, however many parts there are.
SHOW_PAUSE = "0.5 seconds"


class Surroundings(NamedTuple):
    """What a part should know of the others.

    `workers` serve the queue of the parts; `parts` of this whole, and `owned` of all jobs of its
    owner, have not ended; `first_waits` and `other_waits` say whether anybody else's job waits in
    the first of the queues, or in any.
    """

    workers: int
    parts: int
    owned: int
    first_waits: bool
    other_waits: bool


class NewPart(NamedTuple):
    """What is known of a part when it is submitted."""

    id: str
    queue: str
    task: str
    args: list[Any]
    timeout_seconds: int
    max_failures: int


def insert(conn: Connection, whole: str, part: NewPart) -> None:
    """Record a part as waiting. It is its whole's owner's, and has its title."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO jobs (id, queue, task, args, timeout_seconds, max_failures, part_of,"
            " owner, title) SELECT %s, %s, %s, %s, %s, %s, id, owner, title"
            " FROM jobs WHERE id = %s",
            (
                part.id, part.queue, part.task, json.dumps(part.args), part.timeout_seconds,
                part.max_failures, whole,
            ),
        )  # fmt: skip


def has_running(conn: Connection, job_id: str) -> bool:
    """Say whether a worker is at one of the parts of a job just now."""
    with conn.cursor() as cur:
        cur.execute("SELECT FROM jobs WHERE part_of = %s AND state = 'running' LIMIT 1", (job_id,))
        return cur.rowcount == 1


def hand_over(conn: Connection, job_id: str, attempt: int) -> bool:
    """Let the parts go on with a job; False when the attempt does not hold it, or should stop."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET handed_over = true, lease_until = 'infinity' WHERE id = %s"
            " AND attempt = %s AND state = 'running' AND cancel_requested_at IS NULL",
            (job_id, attempt),
        )
        return cur.rowcount == 1


def is_open(conn: Connection, job_id: str) -> bool:
    """Say whether the parts of a job are still to go on."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT FROM jobs WHERE id = %s AND state = 'running' AND handed_over", (job_id,)
        )
        return cur.rowcount == 1


def lock_whole(conn: Connection, job_id: str) -> int | None:
    """Lock a job that is handed over and return its attempt; None when it is not, or has ended."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT attempt FROM jobs WHERE id = %s AND state = 'running' AND handed_over"
            " FOR UPDATE",
            (job_id,),
        )
        row = cur.fetchone()
    return row[0] if row else None


def report(conn: Connection, job_id: str, stage: str, progress: float) -> None:
    """Show how far a job that is handed over has come, unless that was just shown."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE jobs SET stage = %s, progress = greatest(progress, %s), shown_at = now()"
            " WHERE id = %s AND state = 'running' AND handed_over"
            " AND (shown_at IS NULL OR shown_at < now() - %s::interval)",
            (pack(stage), min(max(progress, 0.0), 1.0), job_id, SHOW_PAUSE),
        )


def look_round(conn: Connection, job_id: str, queues: Sequence[str]) -> Surroundings:
    """Return how things stand around a job whose parts wait in the last of `queues`."""
    with conn.cursor() as cur:
        cur.execute(
            """
            SELECT
                (SELECT count(*) FROM workers
                    WHERE %(parts)s = ANY (queues) AND seen_at > now() - %(alive)s::interval),
                (SELECT count(*) FROM jobs WHERE part_of = whole.id AND ended_at IS NULL),
                (SELECT count(*) FROM jobs WHERE owner IS NOT DISTINCT FROM whole.owner
                    AND part_of IS NOT NULL AND ended_at IS NULL),
                EXISTS (SELECT FROM jobs WHERE queue = %(first)s AND state = 'waiting'),
                EXISTS (SELECT FROM jobs WHERE queue = ANY (%(queues)s) AND state = 'waiting'
                    AND part_of IS DISTINCT FROM whole.id)
            FROM jobs AS whole WHERE id = %(job)s
            """,
            {
                "job": job_id,
                "queues": list(queues),
                "first": queues[0],
                "parts": queues[-1],
                "alive": ALIVE,
            },
        )
        row = cur.fetchone()
    return Surroundings(*row) if row else Surroundings(0, 0, 0, False, False)


def forget(conn: Connection, job_id: str) -> None:
    """Forget the parts of a whole that has ended, but for those that run and will see it.

    One that waits must not go on, and perhaps fail, with a whole that has begun anew.
    """
    with conn.cursor() as cur:
        cur.execute(
            "DELETE FROM jobs WHERE part_of = %s AND state IN ('finished', 'waiting', 'scheduled')",
            (job_id,),
        )
