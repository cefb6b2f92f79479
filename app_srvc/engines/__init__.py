"""What carries jobs from the web to the workers. The URL of a queue says which; only this folder
knows.

An engine is transport. It may lose a job or deliver it twice; the row in PostgreSQL decides
what happens. tests/engines/test_conformance.py defines what each engine must do.
"""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec

from app_srvc import settings
from app_srvc.engines.calls import Calls
from app_srvc.engines.protocol import Attendant, Engine
from app_srvc.engines.rq_calls import RqCalls
from app_srvc.engines.rq_engine import RqEngine
from app_srvc.queues import Queue
from app_srvc.settings.queues import CELERY_SCHEMES

__all__ = ["Attendant", "Calls", "Engine", "at", "current", "every", "for_calls", "of", "serving"]


@cache
def current() -> Engine:
    """Return the engine of QUEUE_URL."""
    return at(settings.load().queue_url)


@cache
def for_calls() -> Calls:
    """Return what carries the quick calls of this process."""
    wanted = settings.load()
    return RqCalls(wanted.redis_url, wanted.call_lease_seconds)


def of(queue: str) -> Engine:
    """Return the engine that carries a queue."""
    return at(settings.load().url_of(queue))


def every() -> list[Engine]:
    """Return the engines that carry some queue."""
    wanted = settings.load()
    return [at(url) for url in dict.fromkeys(wanted.url_of(queue) for queue in Queue)]


def serving(queues: Sequence[Queue]) -> Engine:
    """Return the engine for a worker of these queues.

    Raises:
        WrongSetting: they lie on different servers.
    """
    urls = {settings.load().url_of(queue) for queue in queues}
    if len(urls) > 1:
        raise settings.WrongSetting(
            f"Wrong setting. One worker serves {' and '.join(queues)}: their URLs must be the same."
        )
    return at(urls.pop())


@cache
def at(url: str) -> Engine:
    """Return the engine for a server."""
    if not url.startswith(CELERY_SCHEMES):
        return RqEngine(url)
    if find_spec("celery") is None:
        raise settings.WrongSetting(
            "Wrong setting. A queue on RabbitMQ needs what requirements-celery.txt lists."
        )
    # Only here is there something to be carried by it.
    from app_srvc.engines.celery_engine import CeleryEngine  # noqa: PLC0415

    return CeleryEngine(url)
