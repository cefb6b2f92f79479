"""Figures for a monitor, as cheap with a million jobs that have ended as with none."""

from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.jobs.repository.posts import LOCK
from app_srvc.jobs.repository.workers import ALIVE
from app_srvc.mail.repository import STATE


class Open(NamedTuple):
    """How many jobs of a queue are in a state, and for how long the first of them has waited."""

    queue: str
    state: str
    number: int
    oldest_seconds: float


class Counted(NamedTuple):
    """How often something has happened to jobs of a queue since there is a database.

    `waited` and `ran` are how many took no longer than each of the bounds but longer than the one
    before it, and last those that took longer than all.
    """

    queue: str
    event: str
    number: int
    waited: list[int]
    waited_seconds: float
    ran: list[int]
    ran_seconds: float


def open_jobs(conn: Connection) -> list[Open]:
    """Return what has not ended, by queue and state."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT queue, state, count(*),"
            " greatest(0, extract(epoch FROM clock_timestamp() - min(waiting_since)))"
            " FROM jobs WHERE state IN ('waiting', 'scheduled', 'running') GROUP BY queue, state"
        )
        return [
            Open(queue, state, number, float(seconds))
            for queue, state, number, seconds in cur.fetchall()
        ]


def bounds(conn: Connection) -> list[float]:
    """Return the bounds by which the database counts seconds."""
    with conn.cursor() as cur:
        cur.execute("SELECT unnest(job_seconds_bounds())")
        return [float(bound) for (bound,) in cur.fetchall()]


def counted(conn: Connection) -> list[Counted]:
    """Return all counts. Several may be about the same; their sum counts."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT queue, event, number, waited, waited_seconds, ran, ran_seconds FROM job_counts"
        )
        return [Counted(*row) for row in cur.fetchall()]


def workers(conn: Connection) -> dict[str, int]:
    """Return how many living workers serve each queue that has any."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT queue, count(*) FROM workers CROSS JOIN unnest(queues) AS queue"
            " WHERE seen_at > clock_timestamp() - %s::interval GROUP BY queue",
            (ALIVE,),
        )
        return dict(cur.fetchall())


def is_dispatched(conn: Connection) -> bool:
    """Say whether a worker holds the dispatcher's post."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid = 0 AND objid = %s AND objsubid = 1"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            (LOCK,),
        )
        return cur.rowcount > 0


def recent_mails(conn: Connection) -> dict[str, int]:
    """Return how many mails were posted in the last day and are in which state."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {STATE}, count(*) FROM mails JOIN jobs ON jobs.id = job_id"  # noqa: S608
            " WHERE mails.created_at > now() - interval '1 day' GROUP BY 1"
        )
        return dict(cur.fetchall())
