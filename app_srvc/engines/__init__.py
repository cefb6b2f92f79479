"""What carries jobs from the web to the workers. QUEUE_URL says which; only this folder knows.

An engine is transport. It may lose a job or deliver it twice; the row in PostgreSQL decides
what happens. tests/engines/test_conformance.py defines what each engine must do.
"""

from functools import cache

from app_srvc import settings
from app_srvc.engines.calls import Calls
from app_srvc.engines.protocol import Attendant, Engine
from app_srvc.engines.rq_calls import RqCalls
from app_srvc.engines.rq_engine import RqEngine

__all__ = ["Attendant", "Calls", "Engine", "current", "for_calls"]


@cache
def current() -> Engine:
    """Return the engine of this process."""
    return RqEngine(settings.load().queue_url)


@cache
def for_calls() -> Calls:
    """Return what carries the quick calls of this process."""
    wanted = settings.load()
    return RqCalls(wanted.queue_url, wanted.call_lease_seconds)
