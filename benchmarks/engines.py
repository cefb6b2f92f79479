"""Jobs that do nothing: ours by rq and by Celery on RabbitMQ, beside either engine by itself.

    python -m benchmarks.engines [--jobs 400] [--rounds 3]

Plain rq is its own worker, which forks for each job; plain Celery has what its handbook offers
against losing jobs (quorum queue, confirms, late acknowledgement), and a result backend. Ours has
a row in PostgreSQL for each job, which is taken, kept under a lease, and ended. One worker each,
in turn; a rate is that from the first job's end to the last one's.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import redis
from rq import Queue as RqQueue
from rq.serializers import JSONSerializer

from app_srvc import db, engines, rabbitmq, settings, worker
from app_srvc.jobs import submission
from app_srvc.queues import Queue
from benchmarks import backing
from benchmarks.doing import nothing
from tests.support.workers import ROOT, wait_for

LIMIT = 2.0
ROUND_TRIPS = 60


class Round(NamedTuple):
    """Seconds for a job among many, and for one alone from its submission to its end."""

    each: float
    alone: float


class Ours:
    """Our own jobs, by whichever engine the URL names."""

    def __init__(self, url: str) -> None:
        self.url = url

    def run(self, jobs: int) -> Round:
        """Submit jobs, let a worker run them, and then some one by one."""
        os.environ["QUEUE_URL"] = self.url
        for cached in (settings.load, engines.current, engines.at):
            cached.cache_clear()
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute("DELETE FROM jobs")
        for _ in range(jobs):
            self._submit()
        with _process("-m", "benchmarks.engines", "--work"):
            wait_for(lambda: self._ended() == jobs, 600)
            each = self._span() / (jobs - 1)
            alone = [self._alone() for _ in range(ROUND_TRIPS)]
        return Round(each, statistics.median(alone))

    def _submit(self) -> None:
        with db.transaction() as conn:
            submission.submit(conn, nothing, job_id=submission.new_id(), owner=None)

    def _alone(self) -> float:
        before, began = self._ended(), time.perf_counter()
        self._submit()
        while self._ended() == before:
            pass
        return time.perf_counter() - began

    def _ended(self) -> int:
        return int(_scalar("SELECT count(*) FROM jobs WHERE state = 'finished'"))

    def _span(self) -> float:
        return float(_scalar("SELECT extract(epoch FROM max(ended_at) - min(ended_at)) FROM jobs"))


class PlainRq:
    """rq by itself."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url)
        self.url = url
        self.queue = RqQueue("plain", connection=self.client, serializer=JSONSerializer)

    def run(self, jobs: int) -> Round:
        """Do as `Ours.run`."""
        made = [self.queue.enqueue("benchmarks.plain_rq.nothing") for _ in range(jobs)]
        command = ("-m", "rq.cli", "worker", "plain", "--url", self.url, "--quiet",
                   "--serializer", "json")  # fmt: skip
        with _process(*command):
            wait_for(lambda: self.queue.count == 0 and made[-1].get_status() == "finished")
            ends = [self._end_of(job) for job in made]
            alone = [self._alone() for _ in range(ROUND_TRIPS)]
        return Round((max(ends) - min(ends)) / (jobs - 1), statistics.median(alone))

    def _end_of(self, job: Any) -> float:
        job.refresh()
        return float(job.ended_at.timestamp())

    def _alone(self) -> float:
        began = time.perf_counter()
        job = self.queue.enqueue("benchmarks.plain_rq.nothing")
        while job.latest_result() is None:
            pass
        return time.perf_counter() - began


class PlainCelery:
    """Celery by itself."""

    def __init__(self, url: str, redis_url: str) -> None:
        backend = redis_url.replace("unix://", "redis+socket://")
        os.environ |= {"PLAIN_BROKER": url, "PLAIN_BACKEND": backend}
        from benchmarks import plain_celery

        self.task: Any = plain_celery.nothing
        self.client = redis.Redis.from_url(redis_url)

    def run(self, jobs: int) -> Round:
        """Do as `Ours.run`."""
        made = [self.task.delay() for _ in range(jobs)]
        command = (
            "-m", "celery", "-A", "benchmarks.plain_celery", "worker", "-c", "1",
            "--loglevel", "ERROR", "-Q", "plain", "--without-gossip", "--without-mingle",
        )  # fmt: skip
        with _process(*command):
            wait_for(lambda: self.client.exists(f"celery-task-meta-{made[-1].id}"))
            ends = [self._end_of(one.id) for one in made]
            alone = [self._alone() for _ in range(ROUND_TRIPS)]
        return Round((max(ends) - min(ends)) / (jobs - 1), statistics.median(alone))

    def _end_of(self, task_id: str) -> float:
        from datetime import datetime

        stored = self.client.get(f"celery-task-meta-{task_id}")
        assert isinstance(stored, bytes)
        return datetime.fromisoformat(json.loads(stored)["date_done"]).timestamp()

    def _alone(self) -> float:
        began = time.perf_counter()
        self.task.delay().get()
        return time.perf_counter() - began


def main() -> None:
    """Measure all in turn, print a table, and end with 1 when the limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=400, help="in each of the rounds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        worker.run(Queue.MAIL)
        return
    with tempfile.TemporaryDirectory(prefix="cherha-engines-") as folder:
        home = Path(folder)
        with backing.started(home), _rabbitmq(home) as amqp:
            url = os.environ["CALLS_QUEUE_URL"] = os.environ["QUEUE_URL"]
            pairs: dict[str, tuple[Any, Any]] = {
                "rq": (PlainRq(url), Ours(url)),
                "Celery": (PlainCelery(amqp, url), Ours(amqp)),
            }
            found: dict[str, tuple[list[Round], list[Round]]] = {}
            for _ in range(options.rounds):
                for name, pair in pairs.items():
                    for side, rounds in zip(pair, found.setdefault(name, ([], [])), strict=True):
                        rounds.append(side.run(options.jobs))
    sys.exit(not report(found))


def report(found: dict[str, tuple[list[Round], list[Round]]]) -> bool:
    """Print the medians, and say whether what ours costs on top is within the limit."""
    print(f"{'engine':8} {'plain/s':>8} {'ours/s':>8} {'on top':>8} {'plain ms':>9} {'ours ms':>8}")
    is_held = True
    for name, (plain, ours) in found.items():
        their_each, their_alone = _medians(plain)
        our_each, our_alone = _medians(ours)
        ratio = (our_each - their_each) / their_each
        is_held = is_held and ratio <= LIMIT
        print(
            f"{name:8} {1 / their_each:8.0f} {1 / our_each:8.0f} {ratio:7.2f}x"
            f" {1000 * their_alone:9.1f} {1000 * our_alone:8.1f}"
        )
    print(f"on top: what ours costs more than the engine by itself; limit {LIMIT:g}x")
    return is_held


def _medians(rounds: list[Round]) -> Round:
    return Round(*(statistics.median(figures) for figures in zip(*rounds, strict=True)))


def _scalar(statement: str) -> Any:
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(statement)
        return cur.fetchone()[0]  # type: ignore[index]


@contextmanager
def _process(*command: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-W", "ignore", *command], cwd=ROOT)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextmanager
def _rabbitmq(home: Path) -> Iterator[str]:
    server = rabbitmq.rabbitmq_server(home)
    child = server.child()
    child.start()
    assert child.wait_until(server.is_ready, 120)
    try:
        yield server.url
    finally:
        child.signal()
        child.wait(60)


if __name__ == "__main__":
    main()
