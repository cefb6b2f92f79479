"""Say no in time, before anything is stored."""

from app_srvc import db, settings
from app_srvc.admission import repository
from app_srvc.errors import QueueFull
from app_srvc.queues import Queue


def require_room(queue: Queue) -> None:
    """Refuse when a queue holds as many waiting jobs as it may.

    Requests that pass at the same moment may overshoot by their number; a limit of thousands
    does not need a lock.

    Raises:
        QueueFull: it does.
    """
    limit = settings.load().max_queue_depth
    with db.transaction() as conn:
        if repository.count_waiting(conn, queue, limit) >= limit:
            raise QueueFull
