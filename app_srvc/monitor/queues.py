"""Which queues there are, and which of them a request is about."""

from rq import Queue
from rq.utils import as_text

from app_srvc.errors import BadRequest, NotFound
from app_srvc.monitor import redis_side
from app_srvc.words import _


def names() -> list[str]:
    """Return the names of all queues, in their order."""
    prefix = Queue.redis_queue_namespace_prefix
    keys = redis_side.connection().smembers(Queue.redis_queues_keys)
    return sorted(as_text(key).removeprefix(prefix) for key in keys)


def chosen(wanted: list[str]) -> list[str]:
    """Return the queues that were ticked.

    Raises:
        BadRequest: none was.
        NotFound: one is not there.
    """
    if not wanted:
        raise BadRequest(_("Tick a queue first, in the menu under Jobs."))
    return [known(name) for name in wanted]


def known(name: str) -> str:
    """Return the name of a queue that there is.

    Raises:
        NotFound: there is none of that name.
    """
    key = redis_side.queue_key(name)
    if not redis_side.connection().sismember(Queue.redis_queues_keys, key):
        raise NotFound(_("There is no such queue."))
    return name
