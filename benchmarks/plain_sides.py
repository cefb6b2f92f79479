"""Jobs that do nothing, by rq and by Celery as they are."""

import json
import os
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import redis
from rq import Queue as RqQueue
from rq.serializers import JSONSerializer

from benchmarks.sides import Side


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
