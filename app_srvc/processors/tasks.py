"""What workers do for processors: take records in, open cycles, handle records."""

import logging

from app_srvc import periods
from app_srvc.db import Connection
from app_srvc.jobs import wakeups
from app_srvc.jobs.registry import task
from app_srvc.processors.importing import work
from app_srvc.processors.lanes import lane, reader, waking
from app_srvc.processors.lanes.ticking import tick
from app_srvc.processors.repository import keeping, lanes, loops, sweeping
from app_srvc.queues import Queue

__all__ = ["tick"]

log = logging.getLogger(__name__)

READER_SECONDS = 600
# Each record has a time-out of its own.
LANE_SECONDS = 24 * 3600


@task(Queue.CYCLES, max_failures=5, pause_seconds=2.0, page="importing.find")
def import_file(job_id: str) -> None:
    """Take the records of a file in. Running twice is harmless."""
    work.take_in(job_id)


def keep_house(conn: Connection) -> None:
    """Make room for the next month, and forget what is older than the history."""
    days = periods.in_force(conn).history_days
    keeping.make_room(conn)
    keeping.forget_cycles(conn, days)
    for name in keeping.drop_old(conn, days):
        log.info("%s was dropped", name)


def settle(conn: Connection, worker: str, given_back: bool) -> None:
    """Take back what a worker had in work whose process is gone."""
    if given_back:
        sweeping.give_back(conn, worker)
    sweeping.take_back(conn, worker)
    lanes.release(conn, worker)


def _never(_conn: Connection, _worker: str) -> bool:
    return False


wakeups.register(
    wakeups.Errand(waking.CYCLE, Queue.CYCLES, READER_SECONDS, reader.read, _never, settle)
)
wakeups.register(
    wakeups.Errand(waking.LANE, Queue.RECORDS, LANE_SECONDS, lane.work, loops.is_halted, settle)
)
