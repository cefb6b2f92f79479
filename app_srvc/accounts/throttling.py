"""Let nobody try passwords for long: so many tries for an account, and from an address.

The counts are in Redis, under hashes, for all web processes together; while it is away each
process counts for itself.
"""

import time
from functools import cache

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, Storage
from limits.strategies import FixedWindowRateLimiter

from app_srvc.accounts import secret
from app_srvc.admission import counters
from app_srvc.errors import TooManyTries

MINUTES = 15
OF_ACCOUNT = RateLimitItemPerMinute(10, MINUTES, namespace="cherha:logins:account")
FROM_ADDRESS = RateLimitItemPerMinute(100, MINUTES, namespace="cherha:logins:address")


def count(limit: RateLimitItem, whose: str) -> None:
    """Count one try.

    It is counted before it is looked at: of a hundred at once no more than the limit is.

    Raises:
        TooManyTries: there were as many as there may be.
    """
    try:
        with counters.lent() as storage:
            seconds = _hit(storage, limit, whose)
    except counters.Away:
        seconds = _hit(_own_memory(), limit, whose)
    if seconds is not None:
        raise TooManyTries(seconds)


def forgive(limit: RateLimitItem, whose: str) -> None:
    """Forget the tries of whoever has shown that they know the password."""
    try:
        with counters.lent() as storage:
            _forget(storage, limit, whose)
    except counters.Away:
        _forget(_own_memory(), limit, whose)


def _hit(storage: Storage, limit: RateLimitItem, whose: str) -> float | None:
    """Count one try; when it is one too many, return in how many seconds there may be more."""
    limiter, key = FixedWindowRateLimiter(storage), secret.keyed("throttle", whose)
    if limiter.hit(limit, key):
        return None
    return limiter.get_window_stats(limit, key).reset_time - time.time()


def _forget(storage: Storage, limit: RateLimitItem, whose: str) -> None:
    FixedWindowRateLimiter(storage).clear(limit, secret.keyed("throttle", whose))


@cache
def _own_memory() -> Storage:
    return MemoryStorage()
