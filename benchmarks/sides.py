"""A way to run jobs that do nothing, and ours: by an engine, with a row for each."""

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from app_srvc import db, engines, settings
from app_srvc.jobs import submission
from benchmarks.backing import ask, processor_seconds
from benchmarks.doing import nothing
from tests.support.workers import ROOT, wait_for

ROUND_TRIPS = 30


class Round(NamedTuple):
    """Seconds for a job among many, of which so many of processors', to submit one, and for one
    alone from its submission to its end."""

    each: float
    busy: float
    submit: float
    alone: float


class Side:
    """One way to run jobs that do nothing."""

    def run(self, jobs: int, servers: list[int]) -> Round:
        """Submit jobs, let a worker run them, and then some one by one. `servers` are processes."""
        self.begin()
        began = time.perf_counter()
        for _ in range(jobs):
            self.submit()
        submit = (time.perf_counter() - began) / jobs
        with _process(*self.command()) as worker_pid:
            pids = [worker_pid, *servers]
            wait_for(lambda: self.ended() > 0, 600)
            first, before = self.ended(), processor_seconds(pids)
            wait_for(lambda: self.ended() == jobs, 600)
            busy = (processor_seconds(pids) - before) / (jobs - first)
            each = self.span() / (jobs - 1)
            alone = [self.alone() for _ in range(ROUND_TRIPS)]
        return Round(each, busy, submit, statistics.median(alone))

    def begin(self) -> None:
        """Begin anew."""
        raise NotImplementedError

    def submit(self) -> None:
        """Submit a job."""
        raise NotImplementedError

    def command(self) -> Sequence[str]:
        """Return the arguments of Python that start a worker."""
        raise NotImplementedError

    def ended(self) -> int:
        """Return how many jobs have ended."""
        raise NotImplementedError

    def span(self) -> float:
        """Return the seconds from the first end to the last."""
        raise NotImplementedError

    def alone(self) -> float:
        """Submit a job, wait for its end, and return the seconds."""
        raise NotImplementedError


class Ours(Side):
    """Our own jobs, by whichever engine the URL names."""

    def __init__(self, url: str) -> None:
        self.url = url

    def begin(self) -> None:
        os.environ["QUEUE_URL"] = self.url
        for cached in (settings.load, engines.current, engines.at):
            cached.cache_clear()
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute("DELETE FROM jobs")

    def submit(self) -> None:
        with db.transaction() as conn:
            submission.submit(conn, nothing, job_id=submission.new_id(), owner=None)

    def command(self) -> Sequence[str]:
        return "-m", "benchmarks.engines", "--work"

    def ended(self) -> int:
        return int(ask("SELECT count(*) FROM jobs WHERE state = 'finished'"))

    def span(self) -> float:
        return float(ask("SELECT extract(epoch FROM max(ended_at) - min(ended_at)) FROM jobs"))

    def alone(self) -> float:
        before, began = self.ended(), time.perf_counter()
        self.submit()
        while self.ended() == before:
            pass
        return time.perf_counter() - began


@contextmanager
def _process(*command: str) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-W", "ignore", *command], cwd=ROOT)
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
