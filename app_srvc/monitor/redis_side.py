"""What is done to Redis for rqmonitor: one server, ours, and nothing that makes it stand still."""

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import redis
from rq import Queue, Worker
from rq.job import Job, JobStatus
from rq.utils import as_text

from app_srvc import settings
from app_srvc.engines import rq_clients, rq_keys

# An operator waits longer than a form does, but not for ever.
PATIENCE_SECONDS = 3.0
# So many keys are removed in one go; more would hold up Redis for everybody else.
PAGE = 500
# For so long a stopped job is waited for: usually its worker needs a tenth of a second.
STOP_SECONDS = 3.0


def connection() -> redis.Redis:
    """Return the connection of this process to the one server there is."""
    return _connect(url())


def url() -> str:
    """Return the address of that server."""
    return settings.load().redis_url


@cache
def _connect(url: str) -> redis.Redis:
    return rq_clients.client(url, connect_seconds=PATIENCE_SECONDS, answer_seconds=PATIENCE_SECONDS)


def shown_url(url: str) -> str:
    """Return the address of a server without what opens it, whichever way it is written."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def memory() -> str:
    """Return how much memory Redis uses, as it says itself."""
    told: dict[str, str] = connection().info("memory")
    return f"{told['used_memory_human']}B"


def queue_key(name: str) -> str:
    """Return the key of a queue's list."""
    return f"{Queue.redis_queue_namespace_prefix}{name}"


def entries(key: str, first: int = 0, last: int = -1) -> list[str]:
    """Return a part of a registry, what came last first."""
    found: list[Any] = connection().zrange(key, first, last, desc=True)
    return [as_text(entry) for entry in found]


def pages(status: str, queue: str) -> Iterator[list[str]]:
    """Give the ids of the jobs in a status, a page at a time, whatever becomes of them meanwhile.

    The newest come first. What has come since the first page was read is left out.
    """
    ids = [entry.partition(":")[0] for entry in entries(rq_keys.registry_key(status, queue))]
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]


def status_of(job_id: str) -> str | None:
    """Return the status that rq notes of a job; None when it knows no such job."""
    status = connection().hget(Job.key_for(job_id), "status")
    return as_text(status) if status else None


def empty(queue: str) -> None:
    """Take everything out of a queue's list, and forget it."""
    client: Any = connection()
    while ids := client.lpop(queue_key(queue), PAGE):
        rq_keys.forget(client, queue, [as_text(job_id) for job_id in ids])


def forget_anywhere(job_id: str) -> None:
    """Remove one job from rq, from whichever queue it is in, and whatever its status."""
    client = connection()
    queue = as_text(client.hget(Job.key_for(job_id), "origin") or b"")
    client.lrem(queue_key(queue), 0, job_id)
    rq_keys.forget(client, queue, [job_id])
    end_executions([job_id], queue)


def end_executions(ids: Iterable[str], queue: str) -> None:
    """Remove what says that these jobs run, which has their ids and those of executions."""
    key, ended = rq_keys.registry_key("started", queue), set(ids)
    for entry in entries(key):
        if entry.partition(":")[0] in ended:
            connection().zrem(key, entry)


def still_running(ids: Sequence[str]) -> set[str]:
    """Wait until workers have stopped these jobs, and return those with which a worker is still
    busy. One whose worker is gone is with nobody."""
    deadline = time.monotonic() + STOP_SECONDS
    busy = {job_id for job_id in ids if _is_run(job_id)}
    while busy and time.monotonic() < deadline:
        time.sleep(0.05)
        busy = {job_id for job_id in busy if _is_run(job_id)}
    return busy


def _is_run(job_id: str) -> bool:
    status, worker = connection().hmget(Job.key_for(job_id), "status", "worker_name")
    if status is None or as_text(status) != JobStatus.STARTED or worker is None:
        return False
    return bool(connection().exists(Worker.redis_worker_namespace_prefix + as_text(worker)))
