"""How long transcriptions take, against the bound that the recogniser itself sets.

    python -m benchmarks.speech [--recordings FOLDER] [--minutes 10] [--workers 2] [--rounds 3]

The bound: the processor time of the recogniser for the same segments, in bare processes that do
nothing else, divided by the workers. As many such processes run at once as there are workers: two
cores of most machines share caches and more, and are slower when both are busy. Both are measured
in turn, some rounds, and the smallest of each counts: what else the machine does adds to any.
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
from typing import NamedTuple

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


class Round(NamedTuple):
    """Seconds that were measured once."""

    long_bound: float
    clip_bound: float
    long: float
    first_words: float
    together: float
    in_turn: float


def main() -> None:
    """Measure, print a table, and end with 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    recordings.add_option(parser)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    clips = recordings.load(options.recordings)
    long = recordings.joined(clips, options.minutes * 60)
    clip = recordings.joined(clips, CLIP_SECONDS)[: int(CLIP_SECONDS * media.RATE) * 2]
    with tempfile.TemporaryDirectory(prefix="cherha-speech-") as folder:
        home = Path(folder)
        product = Product(home / "home", workers=options.workers)
        product.start()
        try:
            wait_for(lambda: ready_workers(product) == options.workers)
            rounds = [
                measure(product, home, long, clip, options.workers) for _ in range(options.rounds)
            ]
        finally:
            product.stop()
    least = Round(*map(min, zip(*rounds, strict=True)))
    long_bound = least.long_bound / options.workers
    clips_bound = CLIPS * least.clip_bound / options.workers
    on_workers = f"on {options.workers} workers"
    figures.end([
        figures.at_most(
            f"{options.minutes:g} minutes of speech {on_workers}", f"{least.long:.1f} s",
            LIMIT, baseline=f"{long_bound:.1f} s, the recogniser's own",
            ratio=least.long / long_bound,
        ),
        figures.at_most(
            f"{CLIPS} clips of {CLIP_SECONDS:g} s at once {on_workers}", f"{least.together:.1f} s",
            LIMIT, baseline=f"{clips_bound:.1f} s, the recogniser's own",
            ratio=least.together / clips_bound,
        ),
        figures.at_least(
            "the same clips", f"{least.together:.1f} s", NATIVE_GAIN,
            baseline=f"{least.in_turn:.1f} s one after another through /stt/native",
            ratio=least.in_turn / least.together,
        ),
        figures.at_most(
            "first words, after the end of the upload", f"{least.first_words:.1f} s",
            FIRST_WORDS_SECONDS, value=least.first_words,
        ),
    ])  # fmt: skip


def measure(product: Product, home: Path, long: bytes, clip: bytes, workers: int) -> Round:
    """Measure everything once: `long` and `clip` are samples."""
    long_bound, clip_bound = bound(home, long, workers), bound(home, clip, workers)
    wall, first_words = measure_long(product, media.encode(long, "flac", "flac"))
    together = measure_together(product, media.encode(clip, "flac", "flac"))
    in_turn = measure_in_turn(product, media.encode(clip, "flac", "flac"))
    return Round(long_bound, clip_bound, wall, first_words, together, in_turn)


def bound(home: Path, samples: bytes, processes: int) -> float:
    """Return the recogniser's own processor time for some sound, in seconds."""
    path = home / "samples"
    path.write_bytes(samples)
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.bare", str(path)]

    def run(_: int) -> float:
        return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    with ThreadPoolExecutor(processes) as pool:
        return statistics.mean(pool.map(run, range(processes)))


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
