"""Say no in time, before anything is stored.

Here: how much waits in a queue already. `rates` has how much one client sends, `refusals` counts
whom any limit has refused, and `overview` shows all of it.
"""

import threading
import time
from typing import NamedTuple

from app_srvc import db, settings
from app_srvc.admission import refusals, repository
from app_srvc.admission.refusals import Kind
from app_srvc.errors import QueueFull

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


_counts: dict[str, _Count] = {}
_lock = threading.Lock()


def require_room(queue: str) -> None:
    """Refuse when a queue holds as many waiting jobs as it may.

    Requests that pass at the same moment may overshoot by their number; a limit of thousands
    does not need a lock.

    Raises:
        QueueFull: it does.
    """
    limit = settings.load().most_waiting(queue)
    if limit is None or (limit >= LONG and _is_far_from_full(queue, limit)):
        return
    with db.transaction() as conn:
        waiting = repository.count_waiting(conn, queue, limit)
    with _lock:
        _counts[queue] = _Count(waiting, time.monotonic())
    if waiting >= limit:
        refusals.count(Kind.QUEUE, queue)
        raise QueueFull


def _is_far_from_full(queue: str, limit: int) -> bool:
    with _lock:
        known = _counts.get(queue)
        if known is None or time.monotonic() - known.at > MOMENT_SECONDS:
            return False
        _counts[queue] = known._replace(since=known.since + 1)
        return known.waiting + known.since < limit * FAR_FROM_FULL
