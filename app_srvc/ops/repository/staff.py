"""Who works, and on what."""

from datetime import datetime
from typing import Any, NamedTuple

from app_srvc.db import Connection
from app_srvc.jobs import registry
from app_srvc.jobs.repository.workers import ALIVE_SECONDS

# So many are listed; more are counted with their queues.
MOST = 500


class Doing(NamedTuple):
    """The job that a worker runs; `title` is a sentence where it is its task's."""

    job_id: str
    task: str
    title: str
    queue: str
    since: datetime


class Handling(NamedTuple):
    """The processor whose records a worker handles."""

    name: str
    title: str


class Worker(NamedTuple):
    """A worker on the register. `memory` is None until it has said, in bytes."""

    name: str
    host: str
    pid: int
    queues: list[str]
    memory: int | None
    started_at: datetime
    seen_at: datetime
    silent_seconds: float
    doing: Doing | None
    handling: Handling | None

    @property
    def is_alive(self) -> bool:
        """Whether it was heard of lately."""
        return self.silent_seconds <= ALIVE_SECONDS


def workers(conn: Connection) -> list[Worker]:
    """Return the register, by machine and name."""
    with conn.cursor() as cur:
        cur.execute(
            """
            SELECT DISTINCT ON (host, workers.name) workers.name, host, pid, queues, memory_bytes,
                workers.started_at, seen_at,
                extract(epoch FROM clock_timestamp() - seen_at)::float8,
                jobs.id, jobs.task, jobs.title, jobs.queue, jobs.taken_at,
                processors.name, processors.title
            FROM workers
            LEFT JOIN jobs ON jobs.worker = workers.name AND state = 'running' AND NOT handed_over
            LEFT JOIN lanes ON holder = workers.name AND lanes.lease_until > clock_timestamp()
            LEFT JOIN processors ON processors.id = processor_id
            ORDER BY host, workers.name, taken_at DESC LIMIT %s
            """,
            (MOST,),
        )
        return [_worker(*row) for row in cur.fetchall()]


def _worker(*row: Any) -> Worker:
    known, doing, handling = row[:8], row[8:13], row[13:]
    return Worker._make(
        (
            *known,
            _doing(doing) if doing[0] else None,
            Handling._make(handling) if handling[0] else None,
        )
    )


def _doing(row: tuple[Any, ...]) -> Doing:
    found = Doing._make(row)
    return found._replace(title=registry.title_of(found.task) or found.title)
