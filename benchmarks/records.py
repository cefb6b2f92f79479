"""Records that nothing is done with: how fast they are handled, and what that costs.

    pip install -r requirements-benchmarks.txt
    python -m benchmarks.records [--records 30000] [--rounds 3]

Beside it, in the same run and on the same server, procrastinate does as many jobs that do nothing,
one at a time in each of two workers, as ours handle one record each in two lanes. Both are counted
from their release to the last one's end. Processor time is that of the workers, of Redis and of
all of PostgreSQL.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from app_srvc import db, settings
from app_srvc.processors.lanes import waking
from app_srvc.processors.repository import loops
from benchmarks import backing, figures, procrastinating
from benchmarks.backing import ask, processor_seconds
from benchmarks.figures import Figure

WORKERS = 2
BATCH = 1000
LEAST_RATE_RATIO = 4.0
MOST_PROCESSOR_RATIO = 0.3
PATIENCE_SECONDS = 600.0

_server_pids: list[int] = []


class Measured(NamedTuple):
    """Records a second, and milliseconds of processor for each."""

    rate: float
    processor_ms: float


def main() -> None:
    """Measure all, print a table, and end with 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="cherha-records-") as folder,
        backing.started(Path(folder)) as pids,
    ):
        _server_pids.extend(pids)
        found = compare(options.records, options.rounds)
    figures.end(found)


def compare(count: int, rounds: int) -> list[Figure]:
    """Let both do as many in turn, print what it took, and return the figures."""
    ways: dict[str, Callable[[], Measured]] = {
        "cherha, 2 lanes": lambda: ours(count),
        "procrastinate, 2 workers": lambda: theirs(count, at_once=1),
        "procrastinate, 2 workers with 10 at once": lambda: theirs(count, at_once=10),
    }
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
    medians = {
        name: Measured(*(statistics.median(values) for values in zip(*taken, strict=True)))
        for name, taken in found.items()
    }
    base = medians["procrastinate, 2 workers"]
    print(f"{count} that do nothing, median of {rounds}:", flush=True)
    for name, (rate, processor_ms) in medians.items():
        print(
            f"  {name:42} {rate:7,.0f} a second, {rate / base.rate:5.2f} times;"
            f" {processor_ms:.2f} ms of processor each, {processor_ms / base.processor_ms:.2f}",
            flush=True,
        )
    mine = medians["cherha, 2 lanes"]
    return [
        figures.at_least(
            "records that nothing is done with, 2 lanes", f"{mine.rate:,.0f} a second",
            LEAST_RATE_RATIO, baseline=f"{base.rate:,.0f} a second, procrastinate with 2 workers",
            ratio=mine.rate / base.rate,
        ),
        figures.at_most(
            "processor for each of them, with PostgreSQL and Redis", f"{mine.processor_ms:.2f} ms",
            MOST_PROCESSOR_RATIO, baseline=f"{base.processor_ms:.2f} ms, procrastinate",
            ratio=mine.processor_ms / base.processor_ms,
        ),
    ]  # fmt: skip


def ours(count: int) -> Measured:
    """Let two lanes handle so many records."""
    with db.transaction() as conn:
        processor_id = loops.add(conn, f"letters-{time.monotonic_ns()}", "Letters", "nothing")
        assert processor_id is not None
        with conn.cursor() as cur:
            cur.execute(
                "UPDATE processors SET parallel = %s, batch_size = %s, pause_seconds = 0"
                " WHERE id = %s",
                (WORKERS, BATCH, processor_id),
            )
        _write(conn, processor_id, 0, count)
    worker = subprocess.Popen(
        [sys.executable, "-W", "ignore", "recordworker.py"],
        env=os.environ
        | {"HANDLERS": "tests.support.handlers:Nothing", "RECORD_WORKERS": str(WORKERS)},
    )
    try:
        _wait(lambda: ask("SELECT count(*) FROM workers WHERE seen_at > now() - interval '9 s'"),
              WORKERS)  # fmt: skip

        def release() -> None:
            with db.transaction() as conn:
                loops.start(conn, processor_id)
            waking.wake_for_start(processor_id)

        # Cheap to ask: whoever counts rows meanwhile keeps dead ones from being cleaned away.
        left = f"SELECT {count} - done FROM processors WHERE id = {processor_id}"
        return _measured(worker.pid, release, left, count)
    finally:
        worker.terminate()
        worker.wait()


def theirs(count: int, *, at_once: int) -> Measured:
    """Let two workers of procrastinate do so many jobs."""
    url = settings.load().database_url
    procrastinating.hold(url, count)
    workers = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.procrastinating", url, str(WORKERS), str(at_once)]
    )
    try:
        _wait(lambda: ask("SELECT count(*) FROM procrastinate_workers"), WORKERS)
        return _measured(
            workers.pid,
            lambda: procrastinating.release(url),
            "SELECT count(*) FROM (SELECT FROM procrastinate_jobs"
            " WHERE status IN ('todo', 'doing') LIMIT 1) AS left_over",
            count,
        )
    finally:
        workers.terminate()
        workers.wait()
        procrastinating.forget(url)


def _measured(pid: int, release: Callable[[], None], left: str, count: int) -> Measured:
    pids = [pid, *_server_pids]
    began, before = time.monotonic(), processor_seconds(pids)
    release()
    _wait(lambda: ask(left), 0)
    seconds = time.monotonic() - began
    return Measured(count / seconds, (processor_seconds(pids) - before) / count * 1000)


def _write(conn: db.Connection, processor_id: int, first: int, count: int) -> None:
    with conn.cursor() as cur:
        cur.execute(
            "WITH added AS (INSERT INTO records (processor_id, source_key)"
            " SELECT %s, n::text FROM generate_series(%s, %s) AS n RETURNING id)"
            " INSERT INTO record_payloads SELECT id, 'text/plain', 'x' FROM added",
            (processor_id, first, first + count - 1),
        )


def _wait(question: Callable[[], int], answer: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while question() != answer:
        assert time.monotonic() < deadline
        time.sleep(0.05)


if __name__ == "__main__":
    main()
