"""What the web process adds to the disk and to a page, under load on loopback.

    python -m benchmarks.web [--streams 300] [--megabytes 10]

An upload's answer against writing and fsyncing the same bytes with nothing else; the form page
with many open event streams against the same page with none.
"""

import argparse
import json
import os
import socket
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import figures
from tests.support import media
from tests.support.product import Product
from tests.support.web import get, post_files

ROUNDS = 7
PAGES = 200
UPLOAD_LIMIT = 1.5
PAGE_LIMIT = 3.0


def main() -> None:
    """Measure both, print a table, and end with 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--megabytes", type=float, default=10.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cherha-web-") as folder:
        home = Path(folder)
        product = Product(home / "home", workers=1, LOG_LEVEL="WARNING")
        product.start()
        try:
            upload, disk = measure_uploads(product, home, int(options.megabytes * 1e6))
            idle, busy = measure_pages(product, options.streams)
        finally:
            product.stop()
    figures.end([
        figures.at_most(
            f"answer to an upload of {options.megabytes:g} MB", f"{upload * 1000:.0f} ms",
            UPLOAD_LIMIT, baseline=f"{disk * 1000:.0f} ms to write and fsync the same",
            ratio=upload / disk,
        ),
        figures.at_most(
            f"form page with {options.streams} open event streams, p95 of {PAGES}",
            f"{busy * 1000:.1f} ms", PAGE_LIMIT, baseline=f"{idle * 1000:.1f} ms with none",
            ratio=busy / idle,
        ),
    ])  # fmt: skip


def measure_uploads(product: Product, home: Path, size: int) -> tuple[float, float]:
    """Return the medians of an upload's answer and of writing the same bytes, in turn."""
    sound = media.silence(size / 2 / media.RATE)
    file = media.encode(sound, "wav", "pcm_s16le")
    uploads, writes = [], []
    for number in range(ROUNDS + 1):
        writes.append(write(home / f"{number}", file))
        answer = post_files(f"{product.url}/stt/task", [("silence.wav", file)])
        assert answer.status == 202, answer
        uploads.append(answer.seconds)
        # Its transcription writes to the same disk: it is not to run beside the next upload.
        get(f"{product.url}/api/jobs/{json.loads(answer.body)['job_id']}?wait=60", timeout=90)
    return statistics.median(uploads[1:]), statistics.median(writes[1:])


def write(path: Path, data: bytes) -> float:
    """Write a file durably, and return how long that took."""
    began = time.monotonic()
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return time.monotonic() - began


def measure_pages(product: Product, streams: int) -> tuple[float, float]:
    """Return the 95th percentile of the form page's time, without and with open streams."""
    idle = p95(product)
    # Nobody works on it, so its streams stay open.
    for worker in product.find("worker"):
        worker.suspend()
    try:
        file = media.encode(media.silence(1), "wav", "pcm_s16le")
        answer = post_files(f"{product.url}/stt/task", [("waits.wav", file)])
        path = f"/jobs/{json.loads(answer.body)['job_id']}/events"
        opened = [open_stream(product.port, path) for _ in range(streams)]
        busy = p95(product)
        for stream in opened:
            stream.close()
    finally:
        for worker in product.find("worker"):
            worker.resume()
    return idle, busy


def open_stream(port: int, path: str) -> socket.socket:
    """Open a stream of events and wait for its first one."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=30)
    stream.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    received = b""
    while b"event: job" not in received:
        chunk = stream.recv(4096)
        assert chunk, received
        received += chunk
        assert b" 503 " not in received, received
    return stream


def p95(product: Product) -> float:
    """Return the 95th percentile of the time of the form page, asked for in turn."""
    for _ in range(10):
        get(f"{product.url}/stt/", accept="text/html")
    times = sorted(get(f"{product.url}/stt/", accept="text/html").seconds for _ in range(PAGES))
    return times[int(0.95 * PAGES)]


if __name__ == "__main__":
    main()
