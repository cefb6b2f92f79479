"""Let all jobs of one kind be tried again that have failed, a bounded number in one request."""

import logging
from typing import NamedTuple

from app_srvc import admission, db
from app_srvc.errors import Conflict
from app_srvc.jobs import submission
from app_srvc.ops.repository import failures

log = logging.getLogger(__name__)

# So many wait again after one request, and so many are looked at for it.
MOST_RETRIED = 300
MOST_SEEN = 1_500
AT_ONCE = 100


class Retried(NamedTuple):
    """How many jobs wait again, how many could not be, and whether there may be more."""

    number: int
    refused: int
    has_more: bool


def retry_alike(queue: str, kind: str) -> Retried:
    """Let failed jobs of a kind wait again, oldest first, each as its own button would.

    One whose file is gone, or that somebody else was quicker with, is left as it is.

    Raises:
        QueueFull: the queue has no room for them.
    """
    admission.require_room(queue)
    number = refused = 0
    after: failures.Key | None = None
    while number < MOST_RETRIED and number + refused < MOST_SEEN:
        limit = min(AT_ONCE, MOST_RETRIED - number)
        with db.transaction() as conn:
            found = failures.alike(conn, queue, kind, after, limit)
        for _ended_at, job_id in found:
            try:
                submission.retry(job_id)
            except Conflict:
                refused += 1
            else:
                number += 1
        if len(found) < limit:
            return _told(queue, Retried(number, refused, has_more=False))
        after = found[-1]
    with db.transaction() as conn:
        has_more = bool(failures.alike(conn, queue, kind, after, 1))
    return _told(queue, Retried(number, refused, has_more))


def _told(queue: str, retried: Retried) -> Retried:
    log.info("an operator lets %d failed jobs of %s be tried again", retried.number, queue)
    return retried
