"""What of a call can be read in Redis."""

import time
from collections.abc import Callable

import pytest

from tests.support.calling import Calling
from tests.support.workers import wait_for

pytestmark = pytest.mark.usefixtures("database")


def test_nothing_of_a_recorded_call_is_in_redis_but_its_id(start: Callable[..., Calling]) -> None:
    calling = start(CALL_TAKE_SECONDS="60")
    wait_for(lambda: _is_handed_in(calling))

    everything = b"".join(calling.redis.dump(key) or b"" for key in calling.redis.scan_iter())
    assert b"private" not in everything


def _is_handed_in(calling: Calling) -> bool:
    """Hand a call in, which a Redis that has just begun may be too slow for."""
    calling.hang_up("long_nap", seconds=0, log="/tmp/private")
    deadline = time.monotonic() + 2
    while not calling.waiting() and time.monotonic() < deadline:
        time.sleep(0.02)
    return calling.waiting() > 0
