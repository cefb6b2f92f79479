"""Never more in the system than may be, whatever dies."""

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.support.calling import Calling
from tests.support.rows import scalar
from tests.support.workers import wait_for

if TYPE_CHECKING:
    from tests.conftest import Servers

LIMITS = "nap=3,long_nap=3"


@pytest.mark.parametrize("call", ["nap", "long_nap"])
def test_over_the_limit_all_web_processes_refuse_and_nothing_is_queued(
    start: Callable[..., Calling], call: str
) -> None:
    calling = start(
        CALL_LIMITS=LIMITS, WEB_PROCESSES="2", CALL_TAKE_SECONDS="60", CALL_WAIT_SECONDS="90"
    )
    calling.start_workers("--processes", "1", "--threads", "1")
    let_in = [calling.begin(call, seconds=1) for _ in range(3)]
    wait_for(lambda: calling.places(call) == 3)

    refused = [calling.begin(call, seconds=0).result() for _ in range(12)]
    assert {told.status for told in refused} == {503}
    assert {told.headers["Retry-After"] for told in refused} == {"1"}
    assert calling.places(call) == 3
    assert calling.waiting() + calling.running() <= 3
    assert scalar("SELECT count(*) FROM jobs") <= 3
    assert {told.result().status for told in let_in} == {200}
    wait_for(lambda: calling.places(call) == 0)
    assert calling.call("hello").status == 200
    wait_for(lambda: scalar("SELECT sum(number) FROM refusals WHERE kind = 'call'") == 12)


def test_a_killed_web_process_gives_its_places_back(start: Callable[..., Calling]) -> None:
    calling = start(CALL_LIMITS=LIMITS)
    calling.start_workers("--processes", "1", "--threads", "1")
    for _ in range(3):
        calling.hang_up("nap", seconds=2)
    wait_for(lambda: calling.places("nap") == 3)
    calling.web.kill()
    calling.web.start()

    wait_for(lambda: calling.call("nap", seconds=0).status == 200)
    wait_for(lambda: calling.places("nap") == 0)
    assert (calling.waiting(), calling.running()) == (0, 0)


def test_jobs_whose_web_process_was_killed_hold_their_places_until_they_are_done(
    start: Callable[..., Calling],
) -> None:
    calling = start(CALL_LIMITS=LIMITS)
    calling.start_workers("--processes", "1", "--threads", "1")
    for _ in range(3):
        calling.hang_up("long_nap", seconds=4)
    wait_for(lambda: calling.places("long_nap") == 3 and calling.running() == 1)
    calling.web.kill()
    calling.web.start()

    while scalar("SELECT count(*) FROM jobs WHERE state = 'finished'") < 2:
        held, left = (
            calling.places("long_nap"),
            scalar("SELECT count(*) FROM jobs WHERE ended_at IS NULL"),
        )
        assert held >= left - 1, "one may end between the two looks"
    wait_for(lambda: calling.places("long_nap") == 0)
    assert scalar("SELECT count(*) FROM jobs WHERE state = 'finished'") == 3


def test_a_killed_worker_gives_its_places_back_and_whoever_waits_is_told(
    start: Callable[..., Calling],
) -> None:
    calling = start(CALL_LIMITS=LIMITS, CALL_WAIT_SECONDS="30")
    crew = calling.start_workers("--processes", "1", "--threads", "3")
    under_way = [calling.begin("nap", seconds=600) for _ in range(3)]
    wait_for(lambda: calling.running() == 3)
    for process in psutil.Process(crew.pid).children():
        process.kill()

    told = [one.result() for one in under_way]
    assert {one.status for one in told} == {503}
    assert {one.headers["Retry-After"] for one in told} == {"1"}
    wait_for(lambda: calling.call("nap", seconds=0).status == 200)
    wait_for(lambda: calling.places("nap") == 0)


def test_a_redis_that_has_forgotten_everything_heals_itself(
    start: Callable[..., Calling],
) -> None:
    calling = start(CALL_LIMITS=LIMITS, CALL_TAKE_SECONDS="30", CALL_WAIT_SECONDS="30")
    calling.start_workers("--processes", "1", "--threads", "1")
    running = calling.begin("nap", seconds=4)
    wait_for(lambda: calling.running() == 1)
    waiting = [calling.begin("nap", seconds=0), calling.begin("long_nap", seconds=0)]
    wait_for(lambda: calling.waiting() == 2)
    calling.redis.flushall()

    wait_for(lambda: calling.places("nap") == 1)  # What runs has taken its place again.
    assert waiting[0].result().status == 503  # It was in Redis alone.
    assert running.result().status == 200
    assert waiting[1].result().status == 200  # It is in PostgreSQL.
    wait_for(lambda: calling.places("nap") + calling.places("long_nap") == 0)
    assert calling.call("nap", seconds=0).status == 200
    wait_for(lambda: calling.redis.scard("rq:workers") == 1)


@pytest.mark.parametrize("call", ["nap", "long_nap"])
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGSTOP])
def test_without_redis_nobody_is_let_in(
    start: Callable[..., Calling],
    backing: "Servers",
    record_property: Callable[[str, object], None],
    signum: signal.Signals,
    call: str,
) -> None:
    calling = start()
    backing.child("redis").signal(signum)
    try:
        answer = calling.timed(f"/call/{call}?seconds=0")
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert scalar("SELECT count(*) FROM jobs") == 0
        record_property("figure", f"call, redis {signum.name}: 503 after {answer.seconds:.2f} s")
    finally:
        if signum == signal.SIGKILL:
            backing.child("redis").wait()
            backing.revive("redis")
        else:
            backing.child("redis").signal(signal.SIGCONT)
    calling.start_workers("--processes", "1", "--threads", "1")
    wait_for(lambda: calling.call(call, seconds=0).status == 200)
