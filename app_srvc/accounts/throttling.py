"""Let nobody try passwords for long: so many tries for an account, and from an address.

The counts are in Redis, under hashes, for all web processes together; while it is away each
process counts for itself.
"""

import logging
import time
from functools import cache

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from app_srvc import settings
from app_srvc.accounts import secret
from app_srvc.errors import TooManyTries

log = logging.getLogger(__name__)

MINUTES = 15
OF_ACCOUNT = RateLimitItemPerMinute(10, MINUTES, namespace="cherha:logins:account")
FROM_ADDRESS = RateLimitItemPerMinute(100, MINUTES, namespace="cherha:logins:address")
# How long nobody waits for Redis again once it did not answer.
_PAUSE_SECONDS = 5.0
_down_until = 0.0


def count(limit: RateLimitItem, whose: str) -> None:
    """Count one try.

    It is counted before it is looked at: of a hundred at once no more than the limit is.

    Raises:
        TooManyTries: there were as many as there may be.
    """
    try:
        seconds = _hit(limit, whose)
    except StorageError as error:
        _stay_away(error)
        seconds = _hit(limit, whose)
    if seconds is not None:
        raise TooManyTries(seconds)


def forgive(limit: RateLimitItem, whose: str) -> None:
    """Forget the tries of whoever has shown that they know the password."""
    try:
        _limiter().clear(limit, secret.keyed("throttle", whose))
    except StorageError as error:
        _stay_away(error)


def _hit(limit: RateLimitItem, whose: str) -> float | None:
    """Count one try; when it is one too many, return in how many seconds there may be more."""
    limiter, key = _limiter(), secret.keyed("throttle", whose)
    if limiter.hit(limit, key):
        return None
    return limiter.get_window_stats(limit, key).reset_time - time.time()


def _limiter() -> FixedWindowRateLimiter:
    is_down = time.monotonic() < _down_until
    return FixedWindowRateLimiter(_own_memory() if is_down else _redis())


@cache
def _redis() -> Storage:
    url = settings.load().redis_url
    if url is None:
        return _own_memory()
    if url.startswith("unix://"):
        url = f"redis+{url}"  # As `limits` calls it.
    found = storage_from_string(
        url, wrap_exceptions=True, socket_connect_timeout=1, socket_timeout=1
    )
    assert isinstance(found, Storage)  # noqa: S101  # Not one for asyncio.
    return found


@cache
def _own_memory() -> Storage:
    return MemoryStorage()


def _stay_away(error: StorageError) -> None:
    global _down_until  # noqa: PLW0603  # It is one server for all of the process.
    log.warning("tries are counted in this process alone: %s", error.storage_error)
    _down_until = time.monotonic() + _PAUSE_SECONDS
