"""Jobs through Redis and rq: the side that hands them over."""

import logging
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property

import redis
from redis.backoff import ExponentialBackoff
from redis.client import Pipeline
from redis.retry import Retry
from rq import Queue
from rq.command import send_stop_job_command
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.suspension import is_suspended
from rq.utils import as_text

from app_srvc.engines import rq_clients, rq_keys, rq_stopping
from app_srvc.engines.protocol import Attendant, Delivery
from app_srvc.engines.rq_clients import PATIENCE_SECONDS, UNNAMED, redis_or_down
from app_srvc.engines.rq_worker import RowWorker, StopRequested
from app_srvc.errors import EngineDown

log = logging.getLogger(__name__)

# What operators read in rqmonitor, and for how long.
RESULT_SECONDS = 24 * 3600
FAILURE_SECONDS = 7 * 24 * 3600
# What no operator reads.
HIDDEN_SECONDS = 60
# Ids read at once; a longer list would hold up Redis for everybody else.
PAGE = 5000
RESTART_SECONDS = 1.0


class RqEngine:
    """One Redis server; each queue is an rq queue of the same name."""

    def __init__(self, url: str) -> None:
        self.url = url

    def enqueue(self, job: Delivery, *, at_front: bool = False) -> None:
        """Put the job into its queue. What an earlier delivery left under its id is replaced."""
        with self._transaction() as pipeline:
            _clear(self._queue(job.queue), job.id, pipeline)
            self._push(job, pipeline, at_front=at_front)

    def enqueue_new(self, jobs: Sequence[Delivery]) -> None:
        """Put the jobs into their queues, in one round trip."""
        with self._transaction() as pipeline:
            for job in jobs:
                self._push(job, pipeline)

    def depth(self, queue: str) -> int:
        """Return the length of the queue's list."""
        with redis_or_down():
            return self._client.llen(self._queue(queue).key)

    def missing(self, queue: str, ids: Sequence[str]) -> Collection[str]:
        """Look through the queue's list."""
        held = self.waiting(queue) if ids else ()
        return [job_id for job_id in ids if job_id not in held]

    def waiting(self, queue: str) -> Collection[str]:
        """Return the ids in the queue's list. One that a worker has just popped is not among
        them, nor is one that a worker popped and then died with."""
        found: set[str] = set()
        with redis_or_down():
            key, start = self._queue(queue).key, 0
            while page := self._client.lrange(key, start, start + PAGE - 1):
                found.update(as_text(job_id) for job_id in page)
                start += PAGE
        return found

    def stop(self, job_id: str) -> None:
        """Remove a waiting job from its list, or tell the worker of a running one."""
        with redis_or_down(), suppress(NoSuchJobError, InvalidJobOperation):
            job = Job.fetch(job_id, connection=self._client, serializer=JSONSerializer)
            if job.get_status() == JobStatus.STARTED:
                send_stop_job_command(self._client, job_id, serializer=JSONSerializer)
            else:
                job.delete()

    def forget(self, queue: str, job_ids: Sequence[str]) -> None:
        """Remove what rq knows of them, in one round trip."""
        with redis_or_down():
            rq_keys.forget(self._client, queue, job_ids)

    def stop_worker(self, name: str, *, now: bool) -> None:
        """Tell the thread with which the worker listens."""
        with redis_or_down():
            rq_stopping.tell_to_stop(self._client, name, now=now)

    def stopping(self, names: Sequence[str]) -> Collection[str]:
        """Read it from what the workers say of themselves."""
        with redis_or_down():
            return rq_stopping.told_to_stop(self._client, names)

    def is_suspended(self) -> bool:
        """Look whether rq's own mark is there."""
        with redis_or_down():
            return bool(is_suspended(self._client))

    def is_up(self) -> bool:
        """Ask the server."""
        try:
            with redis_or_down():
                return bool(self._client.ping())
        except EngineDown:
            return False

    def work(self, queues: Sequence[str], name: str, attendant: Attendant) -> None:
        """Run jobs until told to stop. rq's worker gives up when Redis goes away; then the next
        one begins, with the same name, as soon as Redis is back."""
        connection = redis.Redis.from_url(
            self.url, retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 3), driver_info=UNNAMED
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
        return rq_clients.client(
            self.url, connect_seconds=PATIENCE_SECONDS, answer_seconds=PATIENCE_SECONDS
        )

    @contextmanager
    def _transaction(self) -> Iterator[Pipeline]:
        with redis_or_down(), self._client.pipeline() as pipeline:
            pipeline.multi()  # rq takes this for its own cue to begin a transaction, otherwise.
            yield pipeline
            pipeline.execute()

    def _push(self, job: Delivery, pipeline: Pipeline, *, at_front: bool = False) -> None:
        self._queue(job.queue).enqueue_call(
            job.task,
            args=(job.id,),
            job_id=job.id,
            description=f"{job.task}({job.id})",
            timeout=job.timeout_seconds,
            result_ttl=RESULT_SECONDS if job.is_shown else 0,
            failure_ttl=FAILURE_SECONDS if job.is_shown else HIDDEN_SECONDS,
            at_front=at_front,
            pipeline=pipeline,
        )

    def _queue(self, name: str) -> Queue:
        return Queue(name, connection=self._client, serializer=JSONSerializer)


def _clear(queue: Queue, job_id: str, pipeline: Pipeline) -> None:
    """Forget an earlier delivery, with the new one or not at all."""
    pipeline.delete(Job.key_for(job_id))
    pipeline.lrem(queue.intermediate_queue_key, 0, job_id)
    pipeline.zrem(queue.failed_job_registry.key, job_id)
    pipeline.zrem(queue.finished_job_registry.key, job_id)


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
