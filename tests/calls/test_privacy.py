"""What of a call can be read in Redis; here no worker takes it, as none of this module's runs."""

from collections.abc import Callable

from tests.support.calling import Calling
from tests.support.workers import wait_for


def test_nothing_of_a_recorded_call_is_in_redis_but_its_id(start: Callable[..., Calling]) -> None:
    calling = start(CALL_TAKE_SECONDS="60")
    calling.hang_up("long_nap", seconds=0, log="/tmp/private")
    wait_for(lambda: calling.waiting() == 1)

    everything = b"".join(calling.redis.dump(key) or b"" for key in calling.redis.scan_iter())
    assert b"private" not in everything
