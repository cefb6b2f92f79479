"""Say no in time, before anything is stored."""

import threading
import time
from typing import NamedTuple

from app_srvc import db, settings
from app_srvc.admission import repository
from app_srvc.errors import QueueFull
from app_srvc.queues import Queue

# A queue that was at most half full a moment ago is not counted again for each request: to count
# thousands costs more than to take one in.
MOMENT_SECONDS = 0.5
FAR_FROM_FULL = 0.5
# A short queue is counted each time: it is quick, and full within a moment.
LONG = 1000


class _Count(NamedTuple):
    """How many a queue held, when that was, and how many have been let in since."""

    waiting: int
    at: float
    since: int = 0


_counts: dict[Queue, _Count] = {}
_lock = threading.Lock()


def require_room(queue: Queue) -> None:
    """Refuse when a queue holds as many waiting jobs as it may.

    Requests that pass at the same moment may overshoot by their number; a limit of thousands
    does not need a lock.

    Raises:
        QueueFull: it does.
    """
    limit = settings.load().max_queue_depth
    if limit >= LONG and _is_far_from_full(queue, limit):
        return
    with db.transaction() as conn:
        waiting = repository.count_waiting(conn, queue, limit)
    with _lock:
        _counts[queue] = _Count(waiting, time.monotonic())
    if waiting >= limit:
        raise QueueFull


def _is_far_from_full(queue: Queue, limit: int) -> bool:
    with _lock:
        known = _counts.get(queue)
        if known is None or time.monotonic() - known.at > MOMENT_SECONDS:
            return False
        _counts[queue] = known._replace(since=known.since + 1)
        return known.waiting + known.since < limit * FAR_FROM_FULL
