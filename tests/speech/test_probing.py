"""Looking at files apart from the web process: a hostile one ends the prober and nothing else."""

import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from app_srvc import storage
from app_srvc.errors import WrongMediaType
from app_srvc.speech import probing
from app_srvc.storage import StoredFile
from tests.support.recordings import recording
from tests.support.workers import wait_for

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def prober(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a prober of this test's own."""
    prober = probing._Prober()
    monkeypatch.setattr(probing, "_prober", prober)
    yield prober
    prober.stop()


@pytest.fixture
def file() -> StoredFile:
    """Return a good recording."""
    return storage.save([recording("days.flac")])


def child(prober: Any) -> subprocess.Popen[str]:
    """Return the prober's process."""
    process: subprocess.Popen[str] = prober._process
    return process


def test_it_describes_a_recording(prober: Any, file: StoredFile) -> None:
    found = probing.probe(file)

    assert (found.container, found.codec) == ("flac", "flac")
    assert found.seconds == pytest.approx(2.8, abs=0.1)


def test_one_process_looks_at_many_files(prober: Any, file: StoredFile) -> None:
    probing.probe(file)
    first = child(prober).pid

    for _ in range(5):
        probing.probe(file)
    assert child(prober).pid == first


def test_a_prober_that_died_between_two_files_is_replaced(prober: Any, file: StoredFile) -> None:
    probing.probe(file)
    os.kill(child(prober).pid, signal.SIGKILL)

    assert probing.probe(file).codec == "flac"


def test_a_file_that_hangs_every_prober_is_refused(
    prober: Any, file: StoredFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "PATIENCE_SECONDS", 0.3)
    start = prober._running

    def start_frozen() -> subprocess.Popen[str]:
        process: subprocess.Popen[str] = start()
        process.send_signal(signal.SIGSTOP)
        return process

    monkeypatch.setattr(prober, "_running", start_frozen)
    with pytest.raises(WrongMediaType, match="damaged or made to do harm"):
        probing.probe(file)


def test_it_ends_when_nobody_asks_any_more(prober: Any, file: StoredFile) -> None:
    probing.probe(file)
    process = child(prober)
    assert process.stdin is not None

    process.stdin.close()
    wait_for(lambda: process.poll() is not None, seconds=5)
