"""Jobs that do nothing: ours by rq and by Celery on RabbitMQ, beside either engine by itself.

    python -m benchmarks.engines [--jobs 400] [--rounds 3] [--engine rq]

Plain rq is its own worker, which forks for each job; plain Celery has what its handbook offers
against losing jobs (quorum queue, confirms, late acknowledgement), and a result backend. Ours has
a row in PostgreSQL for each job, which is taken, kept under a lease, and ended. One worker each,
in turn; a rate is that from the first job's end to the last one's. Processor time is that of the
worker with its children and of all servers, in the same while.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import redis
from rq import Queue as RqQueue
from rq.serializers import JSONSerializer

from app_srvc import db, engines, settings, worker
from app_srvc.jobs import submission
from app_srvc.launching import rabbitmq
from app_srvc.queues import Queue
from benchmarks import backing, figures
from benchmarks.doing import nothing
from tests.support.workers import ROOT, wait_for

LIMIT = 2.0
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
            wait_for(lambda: self.ended() > 0, 600)
            first, before = self.ended(), _busy([worker_pid, *servers])
            wait_for(lambda: self.ended() == jobs, 600)
            busy = (_busy([worker_pid, *servers]) - before) / (jobs - first)
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
        return int(_scalar("SELECT count(*) FROM jobs WHERE state = 'finished'"))

    def span(self) -> float:
        return float(_scalar("SELECT extract(epoch FROM max(ended_at) - min(ended_at)) FROM jobs"))

    def alone(self) -> float:
        before, began = self.ended(), time.perf_counter()
        self.submit()
        while self.ended() == before:
            pass
        return time.perf_counter() - began


class PlainRq(Side):
    """rq by itself."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url)
        self.url = url
        self.queue = RqQueue("plain", connection=self.client, serializer=JSONSerializer)
        self.made: list[Any] = []

    def begin(self) -> None:
        self.made = []

    def submit(self) -> None:
        self.made.append(self.queue.enqueue("benchmarks.plain_rq.nothing"))

    def command(self) -> Sequence[str]:
        return ("-m", "rq.cli", "worker", "plain", "--url", self.url, "--quiet",
                "--serializer", "json")  # fmt: skip

    def ended(self) -> int:
        return self.client.exists(*(f"rq:results:{job.id}" for job in self.made))

    def span(self) -> float:
        ends = [self._end_of(job) for job in self.made]
        return max(ends) - min(ends)

    def alone(self) -> float:
        began = time.perf_counter()
        job = self.queue.enqueue("benchmarks.plain_rq.nothing")
        while job.latest_result() is None:
            pass
        return time.perf_counter() - began

    def _end_of(self, job: Any) -> float:
        job.refresh()
        return float(job.ended_at.timestamp())


class PlainCelery(Side):
    """Celery by itself."""

    def __init__(self, url: str, redis_url: str) -> None:
        backend = redis_url.replace("unix://", "redis+socket://")
        os.environ |= {"PLAIN_BROKER": url, "PLAIN_BACKEND": backend}
        from benchmarks import plain_celery

        self.task: Any = plain_celery.nothing
        self.client = redis.Redis.from_url(redis_url)
        self.keys: list[str] = []

    def begin(self) -> None:
        self.keys = []

    def submit(self) -> None:
        self.keys.append(f"celery-task-meta-{self.task.delay().id}")

    def command(self) -> Sequence[str]:
        return (
            "-m", "celery", "-A", "benchmarks.plain_celery", "worker", "-c", "1",
            "--loglevel", "ERROR", "-Q", "plain", "--without-gossip", "--without-mingle",
        )  # fmt: skip

    def ended(self) -> int:
        return self.client.exists(*self.keys)

    def span(self) -> float:
        ends = [self._end_of(stored) for stored in self.client.mget(self.keys)]
        return max(ends) - min(ends)

    def alone(self) -> float:
        began = time.perf_counter()
        self.task.delay().get()
        return time.perf_counter() - began

    def _end_of(self, stored: Any) -> float:
        return datetime.fromisoformat(json.loads(stored)["date_done"]).timestamp()


def main() -> None:
    """Measure all in turn, print a table, and end with 1 when the limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=400, help="in each of the rounds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", choices=["rq", "Celery"], help="this one alone")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        worker.run(Queue.MAIL)
        return
    with tempfile.TemporaryDirectory(prefix="cherha-engines-") as folder:
        home = Path(folder)
        with ExitStack() as stack:
            servers = stack.enter_context(backing.started(home))
            url = os.environ["CALLS_QUEUE_URL"] = os.environ["QUEUE_URL"]
            sides: dict[str, tuple[Side, Side]] = {}
            if options.engine != "Celery":
                sides["rq"] = PlainRq(url), Ours(url)
            if options.engine != "rq":
                amqp, pid = stack.enter_context(_rabbitmq(home))
                servers = [*servers, pid]
                sides["Celery"] = PlainCelery(amqp, url), Ours(amqp)
            found: dict[str, tuple[list[Round], list[Round]]] = {}
            for _ in range(options.rounds):
                for name, pair in sides.items():
                    for side, rounds in zip(pair, found.setdefault(name, ([], [])), strict=True):
                        rounds.append(side.run(options.jobs, servers))
    figures.end(report(found))


def report(found: dict[str, tuple[list[Round], list[Round]]]) -> list[figures.Figure]:
    """Print the medians, and return what ours costs on top."""
    print(f"{'':16} {'a second':>8} {'on top':>8} {'processor':>9} {'on top':>8}"
          f" {'submitting':>10} {'alone':>7}")  # fmt: skip
    told = []
    for name, (plain, ours) in found.items():
        theirs, mine = _medians(plain), _medians(ours)
        ratio, busy_ratio = mine.each / theirs.each - 1, mine.busy / theirs.busy - 1
        _print(f"{name} by itself", theirs, "", "")
        _print(f"ours on {name}", mine, f"{ratio:.2f}x", f"{busy_ratio:.2f}x")
        told.append(
            figures.at_most(
                f"what a job that does nothing costs on top of {name}'s own",
                f"{1 / mine.each:.0f} a second",
                LIMIT,
                baseline=f"{1 / theirs.each:.0f} by itself",
                ratio=ratio,
            )
        )
    print("times in ms; on top: what ours costs more, by what it costs by itself")
    return told


def _print(name: str, found: Round, ratio: str, busy_ratio: str) -> None:
    print(f"{name:16} {1 / found.each:8.0f} {ratio:>8} {1000 * found.busy:9.2f} {busy_ratio:>8}"
          f" {1000 * found.submit:10.2f} {1000 * found.alone:7.1f}")  # fmt: skip


def _medians(rounds: list[Round]) -> Round:
    return Round(*(statistics.median(values) for values in zip(*rounds, strict=True)))


def _scalar(statement: str) -> Any:
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(statement)
        return cur.fetchone()[0]  # type: ignore[index]


def _busy(pids: list[int]) -> float:
    """Return the processor time that these have used up, with all that they have begun."""
    begun = [psutil.Process(pid) for pid in pids]
    for process in [*begun]:
        begun += process.children(recursive=True)
    total = 0.0
    for process in begun:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


@contextmanager
def _process(*command: str) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-W", "ignore", *command], cwd=ROOT)
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextmanager
def _rabbitmq(home: Path) -> Iterator[tuple[str, int]]:
    server = rabbitmq.rabbitmq_server(home)
    child = server.child()
    child.start()
    assert child.wait_until(server.is_ready, 120)
    try:
        yield server.url, int((home / "rabbitmq" / "rabbitmq.pid").read_text())
    finally:
        child.signal()
        child.wait(60)


if __name__ == "__main__":
    main()
