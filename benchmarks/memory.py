"""Peak memory of a worker on a long recording and of the web process on a large upload.

    python -m benchmarks.memory [--hours 3] [--gigabytes 2] [--speech-every 60]

Baseline for the worker: the same file decoded into one buffer, as the libraries' examples do.
Baseline for the web: its own memory when idle. Peaks are the kernel's (VmHWM, ru_maxrss).
"""

import argparse
import http.client
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import av
import psutil

from benchmarks import figures
from tests.support import media
from tests.support.product import Product
from tests.support.recordings import TEXTS
from tests.support.web import get

WORKER_LIMIT_MB = 400
WEB_LIMIT_MB = 150
MB = 1_000_000

ONE_BUFFER = """
import sys, av, resource
resampler = av.AudioResampler(format="s16", layout="mono", rate=16000)
sound = b"".join(
    bytes(out.planes[0]) for frame in av.open(sys.argv[1]).decode(audio=0)
    for out in resampler.resample(frame)
)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def main() -> None:
    """Measure both, print a table, and end with 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--speech-every", type=float, default=60.0, metavar="SECONDS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cherha-memory-") as folder:
        home = Path(folder)
        recording = home / "long.flac"
        write_recording(recording, options.hours, options.speech_every)
        product = Product(home / "home", workers=1)
        product.start()
        try:
            web = measure_web(product, int(options.gigabytes * 1e9))
            worker = measure_worker(product, recording)
        finally:
            product.stop()
        buffer = int(
            subprocess.run(
                [sys.executable, "-W", "ignore", "-c", ONE_BUFFER, str(recording)],
                capture_output=True, check=True, text=True,
            ).stdout
        )  # fmt: skip
    idle, peak = web
    figures.end([
        figures.at_most(
            f"worker's peak memory on {options.hours:g} hours of sound", f"{worker / MB:.0f} MB",
            WORKER_LIMIT_MB, baseline=f"{buffer / MB:.0f} MB, decoded into one buffer",
            ratio=worker / buffer, value=worker / MB,
        ),
        figures.at_most(
            f"web's memory on an upload of {options.gigabytes:g} GB",
            f"{(peak - idle) / MB:.0f} MB more", WEB_LIMIT_MB, baseline=f"{idle / MB:.0f} MB idle",
            ratio=peak / idle, value=(peak - idle) / MB,
        ),
    ])  # fmt: skip


def write_recording(path: Path, hours: float, every_seconds: float) -> None:
    """Write a recording in which somebody says a sentence at regular times, as a stream."""
    names = sorted(TEXTS)
    with path.open("wb") as file, av.open(file, "w", format="flac") as output:
        stream = output.add_stream("flac", rate=media.RATE, layout="mono")
        for number in range(int(hours * 3600 / every_seconds)):
            sentence = media.samples_of(names[number % len(names)])
            rest = max(0, int(every_seconds * media.RATE) * 2 - len(sentence))
            media.write_samples(output, stream, sentence + bytes(rest))
        output.mux(stream.encode(None))


def measure_worker(product: Product, recording: Path) -> int:
    """Return the largest peak of the worker and the process in which it runs the job, in bytes."""
    worker = product.find("worker")[0]
    address = f"{product.url}/stt/task"
    answer = subprocess.run(
        ["curl", "-sS", "-F", f"file=@{recording}", address], capture_output=True, check=True
    )
    job_id = json.loads(answer.stdout)["job_id"]
    peak = peak_of(worker)
    while True:
        job = json.loads(get(f"{product.url}/api/jobs/{job_id}").body)
        peak = max([peak, *(peak_of(child) for child in worker.children())])
        if job["ended_at"]:
            assert job["state"] == "finished", job
            return peak
        time.sleep(0.2)


def measure_web(product: Product, size: int) -> tuple[int, int]:
    """Return the web process's memory before and at the peak of an upload, in bytes."""
    process = product.find("web")[0].children()[0]
    for _ in range(20):
        get(f"{product.url}/stt/", accept="text/html")
    idle = process.memory_info().rss
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.bin"\r\n\r\n'
    end = b"\r\n--b--\r\n"
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=600)
    connection.putrequest("POST", "/stt/task")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", str(len(body) + size + len(end)))
    connection.endheaders()
    began = time.monotonic()
    for chunk in (body, *zeros(size), end):
        connection.send(chunk)
    answer = connection.getresponse()
    answer.read()
    print(f"(upload: {size / 1e9:.1f} GB in {time.monotonic() - began:.1f} s, {answer.status})")
    return idle, peak_of(process)


def zeros(size: int) -> Iterator[bytes]:
    """Yield so many bytes."""
    chunk = bytes(1_000_000)
    for _ in range(size // len(chunk)):
        yield chunk
    yield bytes(size % len(chunk))


def peak_of(process: psutil.Process) -> int:
    """Return the most memory that a process ever had, in bytes; 0 when it is gone."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0
    line = next((line for line in io.StringIO(status) if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
