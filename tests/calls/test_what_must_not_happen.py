"""What queues of small functions are known to get wrong, each seen to go right here.

What is not here has a test under its own heading: counts after a crash in `test_limits`, a restart
of Redis in `test_workers`, answers that JSON cannot hold in `test_calls`, primes in
`test_arithmetic`.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app_srvc.calls import declaring
from app_srvc.jobs import registry
from app_srvc.words import Sentence
from tests.support.calling import Calling
from tests.support.rows import scalar
from tests.support.workers import ROOT, wait_for


def test_it_can_be_imported_without_a_warning() -> None:
    told = subprocess.run(
        [sys.executable, "-W", "error", "callworker.py", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (told.returncode, told.stderr) == (0, "")
    assert "--levels" in told.stdout


@pytest.mark.parametrize(("call", "most_lost"), [("long_nap", 0), ("nap", 4)])
def test_all_workers_are_killed_and_begun_anew_and_what_waited_is_answered(
    start: Callable[..., Calling], call: str, most_lost: int
) -> None:
    calling = start(CALL_TAKE_SECONDS="60", CALL_WAIT_SECONDS="90")
    crew = calling.start_workers("--processes", "2", "--threads", "2")
    asked = [calling.begin(call, seconds=0.2) for _ in range(40)]
    wait_for(lambda: calling.waiting() > 0 and calling.running() == 4)
    for process in (psutil.Process(crew.pid), *psutil.Process(crew.pid).children()):
        process.kill()
    calling.start_workers("--processes", "2", "--threads", "2")

    told = Counter(one.result().status for one in asked)
    assert set(told) <= {200, 503}
    assert told[503] <= most_lost  # What ran, and is in Redis alone.
    wait_for(lambda: calling.places(call) == 0)


@pytest.mark.parametrize("call", ["nap", "long_nap"])
def test_without_a_worker_it_is_said_in_time_and_nothing_is_done_later(
    start: Callable[..., Calling], tmp_path: Path, call: str
) -> None:
    calling = start()
    told = calling.call(call, seconds=0, log=str(tmp_path / "log"))

    assert told.status == 503
    assert "withdrawn" in told.body["detail"]
    assert int(told.headers["Retry-After"]) > 0
    assert (calling.waiting(), calling.places(call)) == (0, 0)
    assert scalar("SELECT count(*) FROM jobs") == 0
    calling.start_workers("--processes", "1")
    wait_for(lambda: calling.call(call, seconds=0).status == 200)
    assert not (tmp_path / "log").exists()


def test_a_call_wakes_one_thread_and_opens_no_connection(start: Callable[..., Calling]) -> None:
    calling = start()
    calling.start_workers("--processes", "2", "--threads", "4")
    for _ in range(3):
        assert calling.call("hello").status == 200
    wait_for(lambda: _blocked(calling) == 8)
    connections, waits = _connections(calling), _waits(calling)
    for _ in range(40):
        assert calling.call("hello").status == 200
    wait_for(lambda: _blocked(calling) == 8)

    # Each thread also looks round by itself now and then; all of them for each call would be 320.
    assert 1 <= _waits(calling) - waits < 160
    assert _connections(calling) - connections < 20
    assert "cmdstat_keys" not in calling.redis.info("commandstats")


def test_two_calls_cannot_have_one_name() -> None:
    registry.load()

    def hello() -> None:
        """Have a name that is taken."""

    with pytest.raises(TypeError, match="two calls named hello"):
        declaring.call(about=Sentence("x"))(hello)


def test_a_parameter_without_a_type_is_no_parameter() -> None:
    def shapeless(anything) -> None:  # type: ignore[no-untyped-def]
        """Take whatever it is."""

    with pytest.raises(TypeError, match="cannot take anything"):
        declaring.call(about=Sentence("x"))(shapeless)


@pytest.mark.parametrize(
    "words",
    [
        {"call": '["nap",{"seconds":0,"log":"%s"}]', "signed": "0" * 64},
        {"call": '["os.system",{"command":"touch %s"}]', "signed": ""},
        {"data": '["os.system",null,["touch %s"],{}]'},
    ],
)
def test_what_others_put_into_a_queue_runs_nothing(
    calling: Calling, tmp_path: Path, words: dict[str, str]
) -> None:
    victim = tmp_path / "victim"
    known = {
        "description": "calls.nap(forged)", "origin": "calls-5", "status": "queued",
        "timeout": "5", "data": json.dumps(["calls.nap", None, ["forged"], {}]),
        "reply": "nobody",
    }  # fmt: skip
    known |= {name: word.replace("%s", str(victim)) for name, word in words.items()}
    for name, word in known.items():
        calling.redis.hset("rq:job:forged", name, word)
    calling.redis.zadd("cherha:places:calls.nap", {"forged": 10**15})
    calling.redis.rpush("rq:queue:calls-5", "forged")

    wait_for(lambda: calling.waiting() == 0 and calling.places("nap") == 0)
    assert calling.call("hello").status == 200
    assert not victim.exists()


def _waits(calling: Calling) -> int:
    return int(calling.redis.info("commandstats")["cmdstat_blpop"]["calls"])


def _blocked(calling: Calling) -> int:
    return int(calling.redis.info("clients")["blocked_clients"])


def _connections(calling: Calling) -> int:
    return int(calling.redis.info("stats")["total_connections_received"])
