"""How many pictures two workers look at, and what it is worth that jobs inherit a loaded detector.

    python -m benchmarks.detection [--pictures 40] [--rounds 5]

Pictures: those that the workers have begun to look at once all were sent, by the time from the
first one's beginning to the last one's end, against as many loops at once as there are workers,
each of which decodes and looks and does nothing else: so many the machine can look at. They run
before and after the workers; the quicker ones count. As in life, the workers also make two pictures
of each, store them durably, and keep the books. Printed beside is what one loop alone does, times
the workers: where processors share a core or a cache, it is more than any two programs reach. On a
machine that does other things, too, the processor's time for each picture tells more; it is printed
as well.

The first result: the time from a worker's first job's beginning to its end, in a process that was
forked out of a worker that has loaded the detector; against one that has not, so that the job must.
Both take turns, and the medians are compared.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from werkzeug.datastructures import MultiDict

from app_srvc import storage
from app_srvc.detection import intake
from app_srvc.uploads.receiving import Submission, Upload
from benchmarks import backing, figures
from tests.support.pictures import encoded, portrait, scene
from tests.support.rows import rows, scalar
from tests.support.workers import ROOT, wait_for, wait_for_end

WORKERS = 2
LEAST_SHARE = 0.85
MOST_OF_COLD = 1 / 3
WARM, COLD = ("detectworker.py",), ("-m", "benchmarks.cold_detector")


def main() -> None:
    """Measure, print, and end with 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cherha-detection-") as folder:
        home = Path(folder)
        file = home / "scene.jpg"
        file.write_bytes(encoded(scene().resize((1280, 960)), "JPEG", quality=90))
        with backing.started(home):
            count = options.pictures // WORKERS
            alone, loops = [bare(file, count, 1)], [bare(file, count, WORKERS)]
            rate, work = measure_rate(file.read_bytes(), options.pictures)
            loops.append(bare(file, count, WORKERS))
            alone.append(bare(file, count, 1))
            warm, cold = measure_first(options.rounds)
    bound, bare_work = max(loops)
    of_one = WORKERS * max(alone)[0]
    share, of_cold = rate / bound, warm / cold
    print(
        f"pictures a second on {WORKERS} workers: {rate:.2f}, in as many bare loops {bound:.2f},"
        f" ratio {share:.2f} (>= {LEAST_SHARE}); {WORKERS} x one loop alone {of_one:.2f},"
        f" of which workers reach {rate / of_one:.2f} and bare loops {bound / of_one:.2f}"
    )
    print(
        f"processor time of a picture's job: {1000 * work:.0f} ms, in bare loops"
        f" {1000 * bare_work:.0f} ms, share {bare_work / work:.2f}"
    )
    print(
        f"first result: {1000 * warm:.0f} ms with a loaded detector, {1000 * cold:.0f} ms without,"
        f" ratio {of_cold:.2f} (<= {MOST_OF_COLD:.2f})"
    )
    figures.end([
        figures.at_least(
            f"pictures on {WORKERS} workers", f"{rate:.2f} a second", LEAST_SHARE,
            baseline=f"{bound:.2f}, bare loops", ratio=share,
        ),
        figures.at_most(
            "first result of a worker's job, detector loaded beforehand",
            f"{1000 * warm:.0f} ms", MOST_OF_COLD,
            baseline=f"{1000 * cold:.0f} ms, loaded by the job", ratio=of_cold,
        ),
    ])  # fmt: skip


def bare(file: Path, count: int, loops: int) -> tuple[float, float]:
    """Return how many pictures loops look at in a second, all at once, and the processor's
    seconds for each."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.bare_detector", str(file)]
    running = [
        subprocess.Popen([*command, str(count)], stdout=subprocess.PIPE, text=True)
        for _ in range(loops)
    ]
    told = [tuple(map(float, loop.communicate()[0].split())) for loop in running]
    return sum(1 / seconds for seconds, _work in told), sum(work for _, work in told) / loops


def measure_rate(data: bytes, count: int) -> tuple[float, float]:
    """Return how many pictures workers look at in a second, and the processor's for each."""
    with at_work(WARM, WORKERS) as workers:
        submit([data] * WORKERS)
        wait_until_ended(WORKERS)
        worked = worked_so_far(workers)
        submit([data] * count)
        sent_at = scalar("SELECT clock_timestamp()")
        wait_until_ended(WORKERS + count)
        worked = worked_so_far(workers) - worked
    ((looked_at, seconds),) = rows(
        "SELECT count(*), extract(epoch FROM max(ended_at) - min(started_at)) FROM jobs"
        " WHERE started_at > %s",
        sent_at,
    )
    assert scalar("SELECT count(*) FROM jobs WHERE state <> 'finished'") == 0
    return looked_at / float(seconds), worked / count


def worked_so_far(workers: list[int]) -> float:
    """Return the processor's seconds of the processes that run jobs, and of those that have ended.

    What workers do all the time would count for more the busier the machine is with other things.
    """
    seconds = 0.0
    for worker in map(psutil.Process, workers):
        ended = worker.cpu_times()
        seconds += ended.children_user + ended.children_system
        for process in worker.children(recursive=True):
            alive = process.cpu_times()
            seconds += alive.user + alive.system
    return seconds


def measure_first(rounds: int) -> tuple[float, float]:
    """Return the seconds to a first result, loaded beforehand and not."""
    taken: dict[tuple[str, ...], list[float]] = {WARM: [], COLD: []}
    for _ in range(rounds):
        for script in taken:
            with at_work(script, 1):
                (job_id,) = submit([encoded(portrait(), "JPEG")])
                wait_for_end(job_id)
                taken[script] += lengths([job_id])
    return statistics.median(taken[WARM]), statistics.median(taken[COLD])


def lengths(ids: list[str]) -> list[float]:
    """Return how long jobs took, from their beginning to their end."""
    found = rows(
        "SELECT extract(epoch FROM ended_at - started_at) FROM jobs WHERE id = ANY(%s::uuid[])", ids
    )
    return [float(seconds) for (seconds,) in found]


def wait_until_ended(count: int) -> None:
    """Wait until so many jobs have; seldom asking, as that is work for the same processors."""
    while scalar("SELECT count(*) FROM jobs WHERE ended_at IS NOT NULL") < count:
        time.sleep(0.5)


def submit(files: list[bytes]) -> list[str]:
    """Send pictures, and return their jobs."""
    uploads = [Upload("a.jpg", storage.save([data])) for data in files]
    taken = intake.take_in(Submission(MultiDict(), uploads), None)
    return [accepted.job_id for accepted in taken.accepted]


@contextmanager
def at_work(script: tuple[str, ...], count: int) -> Iterator[list[int]]:
    """Let workers run meanwhile, and return their numbers."""
    command = [sys.executable, "-W", "ignore", *script]
    workers = [subprocess.Popen(command, cwd=ROOT, env=os.environ) for _ in range(count)]
    try:
        wait_for(lambda: scalar("SELECT count(*) FROM workers") >= count)
        yield [worker.pid for worker in workers]
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(60)


if __name__ == "__main__":
    main()
