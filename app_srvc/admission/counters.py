"""Counts of what clients do, in Redis for all web processes together, and nobody waits for it long.

Once it did not answer it is left alone for a while; then one request of each process looks again.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from limits.errors import StorageError
from limits.storage import Storage, storage_from_string

from app_srvc import settings

log = logging.getLogger(__name__)

# For the connection, and for each answer.
PATIENCE_SECONDS = 0.2
PAUSE_SECONDS = 5.0

_down_until: float | None = None
_lock = threading.Lock()


class Away(Exception):
    """The counts cannot be reached just now."""


@contextmanager
def lent() -> Iterator[Storage]:
    """Lend what counts.

    Raises:
        Away: it does not answer, or did not a moment ago. Nobody waits for it then.
    """
    if not _may_ask():
        raise Away
    try:
        yield _redis()
    except StorageError as error:
        _stay_away(error)
        raise Away from error
    if _down_until is not None:
        _come_back()


def _may_ask() -> bool:
    global _down_until  # noqa: PLW0603  # It is one server for all of the process.
    if _down_until is None:
        return True
    with _lock:
        now = time.monotonic()
        if _down_until is None or now < _down_until:
            return _down_until is None
        _down_until = now + PAUSE_SECONDS  # The others wait until this one has looked.
        return True


def _stay_away(error: StorageError) -> None:
    global _down_until  # noqa: PLW0603
    log.warning("clients are not counted together: %s", error.storage_error)
    with _lock:
        _down_until = time.monotonic() + PAUSE_SECONDS


def _come_back() -> None:
    global _down_until  # noqa: PLW0603
    with _lock:
        _down_until = None
    log.info("clients are counted together again")


@cache
def _redis() -> Storage:
    url = settings.load().redis_url
    if url.startswith("unix://"):
        url = f"redis+{url}"  # As `limits` calls it.
    found = storage_from_string(
        url,
        wrap_exceptions=True,
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
    )
    assert isinstance(found, Storage)  # noqa: S101  # Not one for asyncio.
    return found
