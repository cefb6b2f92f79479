"""Looking at files apart from the web process: a hostile one ends the prober and nothing else."""

import os
import queue
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app_srvc import storage
from app_srvc.errors import TooBusy
from app_srvc.speech import probing
from app_srvc.storage import StoredFile
from tests.support import media
from tests.support.recordings import recording
from tests.support.workers import wait_for

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def prober(monkeypatch: pytest.MonkeyPatch) -> Iterator[probing.Prober]:
    """Return a prober of this test's own."""
    prober = probing.Prober()
    idle: queue.LifoQueue[probing.Prober] = queue.LifoQueue()
    idle.put(prober)
    monkeypatch.setattr(probing, "_idle", idle)
    yield prober
    prober.stop()


@pytest.fixture
def file() -> StoredFile:
    """Return a good recording."""
    return storage.save([recording("days.flac")])


def child(prober: probing.Prober) -> subprocess.Popen[str]:
    """Return the prober's process."""
    assert prober.process is not None
    return prober.process


def test_it_describes_a_recording(prober: probing.Prober, file: StoredFile) -> None:
    found = probing.probe(file)

    assert (found.container, found.codec) == ("flac", "flac")
    assert found.seconds == pytest.approx(2.8, abs=0.1)


def test_one_process_looks_at_many_files(prober: probing.Prober, file: StoredFile) -> None:
    probing.probe(file)
    first = child(prober).pid

    for _ in range(5):
        probing.probe(file)
    assert child(prober).pid == first


def test_a_prober_that_died_between_two_files_is_replaced(
    prober: probing.Prober, file: StoredFile
) -> None:
    probing.probe(file)
    os.kill(child(prober).pid, signal.SIGKILL)

    assert probing.probe(file).codec == "flac"


def test_a_prober_that_does_not_answer_blames_no_file(
    prober: probing.Prober, file: StoredFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "PATIENCE_SECONDS", 0.3)
    start = prober.start

    def start_frozen() -> subprocess.Popen[str]:
        process = start()
        process.send_signal(signal.SIGSTOP)
        return process

    monkeypatch.setattr(prober, "start", start_frozen)
    with pytest.raises(TooBusy):
        probing.probe(file)


def test_who_finds_no_prober_free_is_asked_to_come_again(
    file: StoredFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(probing, "_idle", queue.LifoQueue())

    with pytest.raises(TooBusy):
        probing.probe(file)


def test_a_prober_knows_none_of_the_secrets(prober: probing.Prober, file: StoredFile) -> None:
    probing.probe(file)
    environ = Path(f"/proc/{child(prober).pid}/environ").read_bytes()

    assert b"PATH=" in environ
    assert b"STORAGE_URL" not in environ
    assert b"SECRET_KEY" not in environ
    assert b"ACCESS_KEY" not in environ
    assert b"DATABASE_URL" not in environ
    assert b"QUEUE_URL" not in environ


def test_a_header_that_takes_for_ever_is_given_up_by_the_prober_itself(
    prober: probing.Prober, file: StoredFile
) -> None:
    endless = media.wav(media.tone(0.1))[:78]
    slow = storage.save([endless, *[bytes(1_000_000)] * 400])

    with pytest.raises(probing.Harmful) as refused:
        probing.probe(slow)
    assert "damaged or made to do harm" in refused.value.sentence
    assert probing.probe(file).codec == "flac"


def test_one_more_file_is_looked_at_while_another_takes_its_time(file: StoredFile) -> None:
    first, second = probing._idle.get(), probing._idle.get()
    probing._idle.put(second)

    assert probing.probe(file).codec == "flac"
    probing._idle.put(first)


def test_it_ends_when_nobody_asks_any_more(prober: probing.Prober, file: StoredFile) -> None:
    probing.probe(file)
    process = child(prober)
    assert process.stdin is not None

    process.stdin.close()
    wait_for(lambda: process.poll() is not None)
