"""Clients that dawdle, break off, or send what unfolds: others hardly notice, and nothing stays."""

import io
import json
import socket
import struct
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from app_srvc.uploads import bodies
from tests.conftest import Servers
from tests.faults.outcomes import Tell
from tests.support import media
from tests.support.rows import scalar
from tests.support.web import Web, get, post_files
from tests.support.workers import Workers, wait_for, wait_for_end

pytestmark = pytest.mark.usefixtures("database")

SLOW_CLIENTS = 50
LOOKS = 60
LIMIT_SECONDS = 60
# So much that all of them have begun to be stored.
BEGINNING = bodies.CHUNK + 100_000


@pytest.mark.fault("F12")
def test_slow_clients_hold_nobody_up_and_leave_nothing_when_they_break_off(
    web: Web, own: Servers, figure: Callable[[str], None], outcome: Tell
) -> None:
    get(f"{web.url}/stt/", accept="text/html")
    before = p95(web)
    with dawdling(web.port):
        wait_for(lambda: len(halves(own)) == SLOW_CLIENTS)
        during = p95(web)
    after = p95(web)
    wait_for(lambda: not halves(own))

    figure(
        f"{SLOW_CLIENTS} clients at a byte a second: p95 of others {1000 * during:.1f} ms,"
        f" {1000 * before:.1f} and {1000 * after:.1f} ms without"
    )
    outcome(accepted=0, finished=0, more={"times p95 of others": during / max(before, after)})
    assert scalar("SELECT count(*) FROM jobs") == 0
    wait_for(lambda: stored(own) == [])


@contextmanager
def dawdling(port: int) -> Iterator[None]:
    """Let clients send uploads, a byte a second each, and break all of them off at the end."""
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(SLOW_CLIENTS)]
    is_over = threading.Event()

    def send() -> None:
        while not is_over.wait(1):
            for sock in sockets:
                sock.sendall(b"x")

    for sock in sockets:
        sock.sendall(
            b"POST /stt/task HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
            b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
            + bytes(BEGINNING)
        )
    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield
    finally:
        is_over.set()
        sending.join()
        for sock in sockets:
            sock.close()


def p95(web: Web) -> float:
    """Return the seconds within which 95 of 100 others get the page."""
    taken = [get(f"{web.url}/stt/", accept="text/html").seconds for _ in range(LOOKS)]
    return sorted(taken)[int(0.95 * LOOKS)]


def halves(backing: Servers) -> list[Path]:
    """Return files that have not come whole."""
    return list((backing.home / "files").rglob("*.part"))


def stored(backing: Servers) -> list[Path]:
    """Return all files there are."""
    return [path for path in (backing.home / "files").rglob("*") if path.is_file()]


def zip_bomb() -> bytes:
    """Return ten megabytes that unfold to ten gigabytes, and name a hundred thousand files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(100_000_000))
        for number in range(10_000):
            archive.writestr(f"{number}", b"")
    return out.getvalue()


def huge_picture() -> bytes:
    """Return a PNG of 60,000 by 60,000 pixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(10_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.fault("F13")
def test_what_unfolds_is_refused_before_it_has_unfolded(
    web: Web, workers: Workers, figure: Callable[[str], None], outcome: Tell,
    setting: Callable[..., None],
) -> None:  # fmt: skip
    setting(max_recording_seconds=LIMIT_SECONDS)
    limited = {"MAX_RECORDING_SECONDS": str(LIMIT_SECONDS)}
    ears, eyes = (psutil.Process(workers.start(script, **limited).pid)
                  for script in ("sttworker.py", "detectworker.py"))  # fmt: skip
    processes = [ears, eyes, *psutil.Process(web.process.pid).children()]
    silence = media.encode(media.silence(20 * 60), "flac", "flac")
    bombs = {
        "zip as a recording": ("/stt/task", zip_bomb()),
        "zip as a picture": ("/detect/task", zip_bomb()),
        "picture": ("/detect/task", huge_picture()),
        "recording": ("/stt/task", without_length(silence)),
    }
    wait_for(lambda: scalar("SELECT count(*) FROM workers") == 2)
    before = {one: memory(one) for one in processes}
    taken: dict[str, float] = {}
    more = 0.0
    for name, (path, data) in bombs.items():
        began = time.monotonic()
        answer = post_files(web.url + path, [("a.bin", data)])
        if answer.status == 202:
            row = wait_for_end(json.loads(answer.body)["job_id"])
            assert row.reason, name
        else:
            assert answer.status in {413, 415, 422}, (name, answer)
        taken[name] = time.monotonic() - began
        more = max(more, *(peak(one) - memory_before for one, memory_before in before.items()))
    figure(f"bombs refused: {', '.join(f'{n} {s:.1f} s' for n, s in taken.items())}; {more:.0f} MB")
    outcome(accepted=0, finished=0, seconds=max(taken.values()), more={"MB more": more})
    assert scalar("SELECT count(*) FROM jobs WHERE state NOT IN ('failed')") == 0


def without_length(flac: bytes) -> bytes:
    """Let a FLAC file not say how long it is: 36 bits of zero in its first block."""
    data = bytearray(flac)
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    return bytes(data)


def memory(process: psutil.Process) -> float:
    """Return the memory of a process, in MB."""
    return float(process.memory_info().rss) / 1e6


def peak(process: psutil.Process) -> float:
    """Return the most memory that a process ever had, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
