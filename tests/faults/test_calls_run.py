"""A burst of quick calls, with a web process and a worker killed and Redis restarted in the middle.

Here it is a small one; `CALLS_BURST=5000` makes it one of 5,000 calls over 200 connections.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import psutil
import pytest
import redis

from tests.faults.outcomes import Tell
from tests.support.calling import Calling
from tests.support.hammering import Hammer
from tests.support.workers import wait_for

if TYPE_CHECKING:
    from tests.conftest import Servers

CALLS = int(os.environ.get("CALLS_BURST", "800"))
CONNECTIONS, LIMIT = (200, 100) if CALLS >= 5000 else (100, 50)
SECONDS_EACH = 0.05
# What is in the system: what waits and still has somebody who waits for it, and what runs. What a
# dead worker had is listed until somebody looks after it, and runs no more when its lease is over.
IN_THE_SYSTEM = """
local now = redis.call('TIME')[1] * 1000
local found = redis.call('ZCOUNT', 'rq:wip:calls-5', now / 1000, '+inf')
for _, id in ipairs(redis.call('LRANGE', 'rq:queue:calls-5', 0, -1)) do
  local held = redis.call('ZSCORE', 'cherha:places:calls.nap', id)
  if held and tonumber(held) > now then found = found + 1 end
end
return {found, redis.call('ZCARD', 'cherha:places:calls.nap')}
"""


@pytest.fixture
def calling(database: None) -> Iterator[Calling]:
    """Start two web processes and four workers."""
    calling = Calling(
        CALL_LIMITS=f"nap={LIMIT}", CALL_TAKE_SECONDS="30", CALL_WAIT_SECONDS="60",
        WEB_PROCESSES="2", RATE_LIMITS="calls=off",
    )  # fmt: skip
    calling.start_workers("--processes", "4", "--threads", "4")
    yield calling
    calling.stop()


class Watch:
    """Looks all the time how much is in the system, and holds a place."""

    def __init__(self, client: redis.Redis) -> None:
        self.most = (0, 0)
        self.looks = 0
        self._look = client.register_script(IN_THE_SYSTEM)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.01):
            try:
                found, held = self._look()
            except redis.RedisError:
                continue
            self.looks += 1
            self.most = max(self.most[0], found), max(self.most[1], held)

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()


@pytest.mark.fault("calls")
def test_a_burst_is_answered_or_refused_and_leaves_nothing_behind(
    calling: Calling, backing: "Servers", figure: Callable[[str], None], outcome: Tell
) -> None:
    wait_for(lambda: calling.call("nap", seconds=0).status == 200)
    hammer = Hammer(calling.web.port, f"/call/nap?seconds={SECONDS_EACH}", CONNECTIONS)
    watch = Watch(redis.Redis.from_url(backing.urls["redis"], socket_timeout=1))
    is_over = threading.Event()
    hammering = calling.pool.submit(
        hammer.run, lambda: len(hammer.statuses) < CALLS or not is_over.is_set()
    )
    try:
        _hurt(calling, backing, hammer.statuses)
    finally:
        is_over.set()
        run = hammering.result()
        watch.stop()

    told = Counter(run.statuses)
    assert set(told) == {200, 503}
    assert run.resets <= CONNECTIONS  # Those of the web process that was killed.
    assert max(watch.most) <= LIMIT, f"{watch.most} in {watch.looks} looks"
    wait_for(lambda: calling.call("nap", seconds=0).status == 200)
    wait_for(lambda: calling.places("nap") == 0)
    wait_for(lambda: (calling.waiting(), calling.running()) == (0, 0))
    outcome(accepted=told[200], finished=told[200])
    figure(
        f"burst of {len(run.statuses)} calls over {CONNECTIONS} connections, limit {LIMIT}: "
        f"{told[200]} answered, {told[503]} refused, {run.resets} broken off, at most "
        f"{watch.most[0]} in the system and {watch.most[1]} places held, {run.took:.1f} s"
    )


def _hurt(calling: Calling, backing: "Servers", statuses: list[int]) -> None:
    """Kill a worker, then restart Redis, then kill a web process, each when a quarter is done."""
    _wait_for(statuses, CALLS // 4)
    (crew,) = calling.workers.processes
    psutil.Process(crew.pid).children()[0].kill()
    _wait_for(statuses, CALLS // 2)
    backing.kill("redis")
    backing.revive("redis")
    _wait_for(statuses, CALLS * 3 // 4)
    psutil.Process(calling.web.process.pid).children()[0].kill()


def _wait_for(statuses: list[int], number: int) -> None:
    wait_for(lambda: len(statuses) >= number)
