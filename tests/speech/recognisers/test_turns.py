"""Turns at a service, over all processes."""

import subprocess
import sys
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pytest

from app_srvc import db
from app_srvc.errors import NoTurn
from app_srvc.speech.recognisers import repository, turns
from tests.support.workers import ROOT, wait_for

# Notes when it begins and ends a turn; a line that short is appended at once.
ASK = """
import sys, time
from app_srvc.speech.recognisers import turns
for _ in range(int(sys.argv[2])):
    with turns.turn("oracle"), open(sys.argv[1], "a", buffering=1) as file:
        file.write("1\\n")
        time.sleep(float(sys.argv[3]))
        file.write("-1\\n")
"""


def ask(path: Path, times: int, seconds: float) -> subprocess.Popen[bytes]:
    """Start a process that has turns."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", ASK, str(path), str(times), str(seconds)], cwd=ROOT
    )


def test_no_more_calls_are_under_way_than_are_allowed(
    setting: Callable[..., None], tmp_path: Path
) -> None:
    setting(remote_calls_at_once=2)
    path = tmp_path / "turns"

    processes = [ask(path, 8, 0.02) for _ in range(4)]
    assert [process.wait(120) for process in processes] == [0] * 4

    under_way = list(accumulate(int(line) for line in path.read_text().split()))
    assert len(under_way) == 2 * 8 * 4
    assert max(under_way) == 2
    assert under_way[-1] == 0


def test_a_process_that_is_killed_takes_no_turn_with_it(
    setting: Callable[..., None], tmp_path: Path
) -> None:
    setting(remote_calls_at_once=1)
    path = tmp_path / "turns"
    process = ask(path, 1, 600)
    wait_for(lambda: path.exists() and path.read_text())
    conn = db.connect()
    assert not repository.take(conn, "oracle", 0)
    db.discard(conn)

    process.kill()
    process.wait()

    with turns.turn("oracle"):
        pass


def test_services_do_not_wait_for_one_another(setting: Callable[..., None]) -> None:
    setting(remote_calls_at_once=1)

    with turns.turn("oracle"), turns.turn("pythia"):
        pass


def test_who_gets_no_turn_is_told(
    setting: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    setting(remote_calls_at_once=1)
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.5)

    with (
        turns.turn("oracle"),
        pytest.raises(NoTurn, match="Too many recordings are with oracle just now"),
        turns.turn("oracle"),
    ):
        pass
