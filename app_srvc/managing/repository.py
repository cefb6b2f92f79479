"""Read the register of workers, with the job that each runs."""

from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.jobs.repository.workers import ALIVE


class Registered(NamedTuple):
    """A worker that was heard of lately. `job_id` is of the job that it runs."""

    name: str
    host: str
    pid: int
    queues: list[str]
    started_at: datetime
    seen_at: datetime
    job_id: str | None
    task: str | None
    taken_at: datetime | None


def has_register(conn: Connection) -> bool:
    """Say whether the database has been migrated so far as to have the register."""
    with conn.cursor() as cur:
        cur.execute("SELECT to_regclass('workers') IS NOT NULL")
        return bool(cur.fetchall()[0][0])


def living(conn: Connection, queue: str | None) -> list[Registered]:
    """Return the workers that were heard of lately and serve a queue, or any."""
    with conn.cursor() as cur:
        cur.execute(
            """
            SELECT DISTINCT ON (host, name)
                name, host, pid, queues, workers.started_at, seen_at, id::text, task, taken_at
            FROM workers
            LEFT JOIN jobs ON worker = name AND state = 'running' AND NOT handed_over
            WHERE seen_at > now() - %(alive)s::interval
                AND (%(queue)s::text IS NULL OR %(queue)s = ANY (queues))
            ORDER BY host, name, taken_at DESC
            """,
            {"alive": ALIVE, "queue": queue},
        )
        return [Registered(*row) for row in cur.fetchall()]
