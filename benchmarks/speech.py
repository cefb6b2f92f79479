"""How long transcriptions take, against the bound that the recogniser itself sets.

    python -m benchmarks.speech [--recordings FOLDER] [--minutes 10] [--workers 2]

The bound: the processor time of the recogniser for the same segments, in bare processes that do
nothing else, divided by the workers. As many such processes run at once as there are workers: two
cores of most machines share caches and more, and are slower when both are busy. Measured in the
same run, before and after; the smaller counts.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import figures, recordings
from tests.support import media
from tests.support.product import Product
from tests.support.web import get, post_files
from tests.support.workers import wait_for

CLIPS = 10
CLIP_SECONDS = 10.0
LIMIT = 1.2
NATIVE_GAIN = 1.6
FIRST_WORDS_SECONDS = 5.0


def main() -> None:
    """Measure, print a table, and end with 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    recordings.add_option(parser)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    clips = recordings.load(options.recordings)
    long = recordings.joined(clips, options.minutes * 60)
    clip = recordings.joined(clips, CLIP_SECONDS)[: int(CLIP_SECONDS * media.RATE) * 2]
    with tempfile.TemporaryDirectory(prefix="cherha-speech-") as folder:
        home = Path(folder)
        before = bound(home, long, options.workers), bound(home, clip, options.workers)
        product = Product(home / "home", workers=options.workers)
        product.start()
        try:
            wait_for(lambda: ready_workers(product) == options.workers)
            wall, first_words = measure_long(product, media.encode(long, "flac", "flac"))
            together = measure_together(product, media.encode(clip, "flac", "flac"))
            in_turn = measure_in_turn(product, media.encode(clip, "flac", "flac"))
        finally:
            product.stop()
        after = bound(home, long, options.workers), bound(home, clip, options.workers)
    long_bound = min(before[0], after[0]) / options.workers
    clips_bound = CLIPS * min(before[1], after[1]) / options.workers
    on_workers = f"on {options.workers} workers"
    figures.end([
        figures.at_most(
            f"{options.minutes:g} minutes of speech {on_workers}", f"{wall:.1f} s", LIMIT,
            baseline=f"{long_bound:.1f} s, the recogniser's own", ratio=wall / long_bound,
        ),
        figures.at_most(
            f"{CLIPS} clips of {CLIP_SECONDS:g} s at once {on_workers}", f"{together:.1f} s", LIMIT,
            baseline=f"{clips_bound:.1f} s, the recogniser's own", ratio=together / clips_bound,
        ),
        figures.at_least(
            "the same clips", f"{together:.1f} s", NATIVE_GAIN,
            baseline=f"{in_turn:.1f} s one after another through /stt/native",
            ratio=in_turn / together,
        ),
        figures.at_most(
            "first words, after the end of the upload", f"{first_words:.1f} s",
            FIRST_WORDS_SECONDS, value=first_words,
        ),
    ])  # fmt: skip


def bound(home: Path, samples: bytes, processes: int) -> float:
    """Return the recogniser's own processor time for some sound, in seconds."""
    path = home / "samples"
    path.write_bytes(samples)
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.bare", str(path)]

    def measure(_: int) -> float:
        return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    with ThreadPoolExecutor(processes) as pool:
        return statistics.mean(pool.map(measure, range(processes)))


def ready_workers(product: Product) -> int:
    """Return how many workers have said that they serve."""
    return sum("serves stt" in line for line in product.lines)


def measure_long(product: Product, file: bytes) -> tuple[float, float]:
    """Return the time to the end of a recording, and to its first words."""
    answer = post_files(f"{product.url}/stt/task", [("long.flac", file)])
    began = time.monotonic()
    job_id = json.loads(answer.body)["job_id"]
    segments = f"{product.url}/stt/{job_id}/segments"
    wait_for(lambda: any(s["text"] for s in json.loads(get(segments).body)["segments"]))
    first_words = time.monotonic() - began
    wait_until_done(product, job_id)
    return time.monotonic() - began, first_words


def measure_together(product: Product, file: bytes) -> float:
    """Return the time for clips that arrive at once."""
    began = time.monotonic()
    names = [f"clip{number}.flac" for number in range(CLIPS)]
    with ThreadPoolExecutor(CLIPS) as pool:
        answers = list(
            pool.map(lambda name: post_files(f"{product.url}/stt/task", [(name, file)]), names)
        )
    for answer in answers:
        wait_until_done(product, json.loads(answer.body)["job_id"])
    return time.monotonic() - began


def measure_in_turn(product: Product, file: bytes) -> float:
    """Return the time for the same clips, each sent when the one before it is answered."""
    began = time.monotonic()
    for number in range(CLIPS):
        answer = post_files(f"{product.url}/stt/native", [(f"clip{number}.flac", file)])
        assert answer.status == 200, answer
    return time.monotonic() - began


def wait_until_done(product: Product, job_id: str) -> None:
    """Wait for the end of a job, as a program does."""
    while True:
        job = json.loads(get(f"{product.url}/api/jobs/{job_id}?wait=30", timeout=60).body)
        if job["ended_at"]:
            assert job["state"] == "finished", job
            return


if __name__ == "__main__":
    main()
