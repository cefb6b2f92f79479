"""Two web processes share every limit, and nothing that dies takes a part of one with it."""

import json
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count, cycle, pairwise

import openai
import pytest
import redis

from tests.conftest import Servers
from tests.ops.making import job
from tests.support.figures import AS_MONITOR, TOKEN, Figures
from tests.support.lines import Line, to_each
from tests.support.recordings import recording
from tests.support.rows import scalar
from tests.support.web import Web, form
from tests.support.workers import wait_for

TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}
LIMIT = 20
HUNG = 60
addresses = map("203.0.113.{}".format, count(1))


@pytest.fixture
def two(database: None) -> Iterator[Web]:
    """Start a web of two processes, to which a proxy says who is asking."""
    web = Web(
        WEB_PROCESSES="2", METRICS_TOKEN=TOKEN, TRUSTED_PROXIES="1", QUEUE_LIMITS="stt=3",
        RATE_LIMITS=f"uploads={LIMIT}/hour,transcriptions=2/hour",
    )  # fmt: skip
    yield web
    web.stop()


@pytest.fixture
def both(two: Web) -> Iterator[list[Line]]:
    """Connect to each of the two processes."""
    with to_each(two, 2) as found:
        yield found


def begin(line: Line, address: str) -> int:
    """Begin an upload as somebody at an address, and return the status."""
    return line.ask("POST", "/uploads/", TUS | {"X-Forwarded-For": address})[0]


def figures(line: Line) -> Figures:
    """Return what a monitor is told."""
    return Figures(line.ask("GET", "/metrics", AS_MONITOR)[2])


def test_two_processes_share_a_limit_whatever_dies(
    two: Web, both: list[Line], backing: Servers, record_property: Callable[[str, str], None]
) -> None:
    one, other = both
    # In turn.
    ann = next(addresses)
    told = [begin(line, ann) for _, line in zip(range(LIMIT + 4), cycle(both), strict=False)]
    assert told == [201] * LIMIT + [429] * 4

    # At once.
    bob = next(addresses)
    with ExitStack() as stack, ThreadPoolExecutor(8) as pool:
        many = [line for _ in range(4) for line in stack.enter_context(to_each(two, 2))]
        found = pool.map(lambda line: [begin(line, bob) for _ in range(10)], many)
        assert Counter(status for told in found for status in told) == {201: LIMIT, 429: 60}

    # The one that has counted dies; what it has counted does not.
    eve = next(addresses)
    assert {begin(one, eve) for _ in range(LIMIT // 2)} == {201}
    wait_for(lambda: figures(other).of("cherha_refusals_total", kind="rate") == 64)
    os.kill(one.pid, signal.SIGKILL)
    assert [begin(other, eve) for _ in range(LIMIT // 2 + 1)] == [201] * (LIMIT // 2) + [429]
    assert scalar("SELECT count(*) FROM uploads") == 3 * LIMIT

    # What Redis forgets heals by itself.
    redis.Redis.from_url(backing.urls["redis"]).flushall()
    assert begin(other, eve) == 201

    # It hangs: everybody is let in, and that is counted.
    os.kill(backing.pid("redis"), signal.SIGSTOP)
    try:
        seconds = [time.monotonic()]
        for _ in range(HUNG):
            assert begin(other, eve) == 201
            seconds.append(time.monotonic())
    finally:
        os.kill(backing.pid("redis"), signal.SIGCONT)
    wait_for(lambda: figures(other).of("cherha_let_in_uncounted_total") == HUNG)
    took = [after - before for before, after in pairwise(seconds)]
    record_property(
        "figure",
        f"rates: Redis hangs, {HUNG} requests are let in uncounted: the first within"
        f" {took[0]:.2f} s, of the others the slowest within {max(took[1:]):.2f} s",
    )

    # It is killed, and started anew.
    backing.kill("redis")
    assert begin(other, eve) == 201
    backing.revive("redis")
    wait_for(lambda: begin(other, eve) == 429)


def test_who_is_refused_is_told_before_a_body_is_read(two: Web, both: list[Line]) -> None:
    address = next(addresses)
    for line in both:
        assert line.ask("POST", "/stt/task", {"X-Forwarded-For": address})[0] == 415

    sound = recording("days.flac")
    body, content_type = form([("days.flac", sound)])
    head = (
        f"POST /stt/task HTTP/1.1\r\nHost: localhost:{two.port}\r\nX-Forwarded-For: {address}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: 3000000000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", two.port), timeout=60) as sock:
        sock.sendall(head.encode() + body[:1000])
        answer = sock.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 429 ")
    assert "\r\nRetry-After: " in answer
    assert "\r\nRateLimit-Remaining: 0\r\n" in answer
    assert scalar("SELECT count(*) FROM files") == 0

    with openai.OpenAI(
        base_url=f"{two.url}/v1", api_key="none", max_retries=0,
        default_headers={"X-Forwarded-For": address},
    ) as client, pytest.raises(openai.RateLimitError) as refused:  # fmt: skip
        client.audio.transcriptions.create(model="sphinx", file=("days.flac", sound))
    assert refused.value.code == "rate_limit_exceeded"
    assert int(refused.value.response.headers["Retry-After"]) > 0


def test_a_full_queue_takes_nothing_in_and_is_counted_by_both(both: list[Line]) -> None:
    for _ in range(3):
        job("waiting")

    for line in both:
        asked = {"Accept": "application/json", "X-Forwarded-For": next(addresses)}
        status, headers, body = line.ask("POST", "/stt/task", asked)
        assert (status, headers["Retry-After"]) == (503, "30")
        assert "holds as much work as it may" in json.loads(body)["detail"]
    assert scalar("SELECT count(*) FROM jobs") == 3
    assert scalar("SELECT count(*) FROM files") == 0

    def told(line: Line) -> list[float]:
        names = ("cherha_refusals_total", "cherha_limit", "cherha_limit_taken")
        return [figures(line).of(name, kind="queue", limit="stt") for name in names]

    wait_for(lambda: [told(line) for line in both] == [[2, 3, 3]] * 2)
    # What one has counted stays when it is killed.
    os.kill(both[0].pid, signal.SIGKILL)
    assert told(both[1]) == [2, 3, 3]
