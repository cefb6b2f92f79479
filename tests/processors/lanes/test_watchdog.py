"""The clock that ends a process whose handler takes too long."""

import subprocess
import sys

import pytest

from tests.support.workers import ROOT

WATCHED = """
import time
from app_srvc.processors.lanes import watchdog
def watch(seconds):
    watchdog.watch(time.monotonic() + seconds)
"""


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("watch(0.3); time.sleep(20)", 1),
        ("watch(0.3); watchdog.rest(); time.sleep(1)", 0),
        # A later record with less time, and one with more, under a clock that was left running.
        ("watch(90); watchdog.rest(); watch(0.3); time.sleep(20)", 1),
        ("watch(40); watchdog.rest(); watch(40.2); watchdog.stop()", 0),
        ("watch(0.3); watch(90); time.sleep(1)", 0),
    ],
)
def test_a_process_ends_when_its_time_is_over_and_not_before(does: str, code: int) -> None:
    told = subprocess.run(
        [sys.executable, "-c", WATCHED + does], cwd=ROOT, capture_output=True, timeout=60
    )

    assert told.returncode == code
    assert (b"Timeout" in told.stderr) == (code == 1)
