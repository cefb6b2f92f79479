"""Jobs through Redis and rq: the side that hands them over."""

import logging
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property

import redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.command import send_stop_job_command
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.utils import as_text

from app_srvc.engines.protocol import Attendant
from app_srvc.engines.rq_worker import RowWorker, StopRequested
from app_srvc.errors import EngineDown

log = logging.getLogger(__name__)

# A request waits for nothing longer: redis-py's own defaults take 3.5 s to notice a server
# that is down and 59 s for one that hangs.
PATIENCE_SECONDS = 0.4
# What operators read in rqmonitor, and for how long.
RESULT_SECONDS = 24 * 3600
FAILURE_SECONDS = 7 * 24 * 3600
# Ids read at once; a longer list would hold up Redis for everybody else.
PAGE = 5000
RESTART_SECONDS = 1.0


class RqEngine:
    """One Redis server; each queue is an rq queue of the same name."""

    def __init__(self, url: str) -> None:
        self.url = url

    def enqueue(
        self, queue: str, job_id: str, *, name: str, timeout_seconds: int, at_front: bool = False
    ) -> None:
        """Put the job into the queue. What an earlier delivery left under its id is replaced."""
        with _redis_or_down():
            target = self._queue(queue)
            self._clear(target, job_id)
            target.enqueue_call(
                name,
                args=(job_id,),
                job_id=job_id,
                description=f"{name}({job_id})",
                timeout=timeout_seconds,
                result_ttl=RESULT_SECONDS,
                failure_ttl=FAILURE_SECONDS,
                at_front=at_front,
            )

    def depth(self, queue: str) -> int:
        """Return the length of the queue's list."""
        with _redis_or_down():
            return self._client.llen(self._queue(queue).key)

    def waiting(self, queue: str) -> Collection[str]:
        """Return the ids in the queue's list. One that a worker has just popped is not among
        them, nor is one that a worker popped and then died with."""
        found: set[str] = set()
        with _redis_or_down():
            key, start = self._queue(queue).key, 0
            while page := self._client.lrange(key, start, start + PAGE - 1):
                found.update(as_text(job_id) for job_id in page)
                start += PAGE
        return found

    def stop(self, job_id: str) -> None:
        """Remove a waiting job from its list, or tell the worker of a running one."""
        with _redis_or_down(), suppress(NoSuchJobError, InvalidJobOperation):
            job = Job.fetch(job_id, connection=self._client, serializer=JSONSerializer)
            if job.get_status() == JobStatus.STARTED:
                send_stop_job_command(self._client, job_id, serializer=JSONSerializer)
            else:
                job.delete()

    def is_up(self) -> bool:
        """Ask the server."""
        try:
            with _redis_or_down():
                return bool(self._client.ping())
        except EngineDown:
            return False

    def work(self, queues: Sequence[str], name: str, attendant: Attendant) -> None:
        """Run jobs until told to stop. rq's worker gives up when Redis goes away; then the next
        one begins, with the same name, as soon as Redis is back."""
        connection = redis.Redis.from_url(
            self.url, retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 3)
        )
        with suppress(StopRequested):
            while not attendant.is_told_to_stop():
                try:
                    worker = _new_worker(queues, name, attendant, connection)
                    worker.work(logging_level=None)
                except (redis.RedisError, OSError) as error:
                    log.warning("redis does not answer, trying again: %s", error)
                if not attendant.is_told_to_stop():
                    time.sleep(RESTART_SECONDS)

    @cached_property
    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(
            self.url,
            socket_connect_timeout=PATIENCE_SECONDS,
            socket_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def _clear(self, queue: Queue, job_id: str) -> None:
        """Forget an earlier delivery. Killed after this, the job is in no queue: it is missed."""
        with self._client.pipeline() as pipeline:
            pipeline.delete(Job.key_for(job_id))
            pipeline.lrem(queue.intermediate_queue_key, 0, job_id)
            pipeline.zrem(queue.failed_job_registry.key, job_id)
            pipeline.zrem(queue.finished_job_registry.key, job_id)
            pipeline.execute()

    def _queue(self, name: str) -> Queue:
        return Queue(name, connection=self._client, serializer=JSONSerializer)


def _new_worker(
    queues: Sequence[str], name: str, attendant: Attendant, connection: redis.Redis
) -> RowWorker:
    worker = RowWorker(
        list(queues),
        name=name,
        connection=connection,
        serializer=JSONSerializer,
        attendant=attendant,
    )
    # One of the same name that could not say goodbye while Redis was away.
    connection.delete(worker.key)
    return worker


@contextmanager
def _redis_or_down() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise EngineDown(f"redis: {error}") from error
