"""Where rq keeps what it knows of jobs that are in no queue any more, and how that is let go."""

from collections.abc import Iterable

import redis
from rq.executions import ExecutionRegistry
from rq.job import Job
from rq.registry import (
    CanceledJobRegistry,
    DeferredJobRegistry,
    FailedJobRegistry,
    FinishedJobRegistry,
    ScheduledJobRegistry,
    StartedJobRegistry,
)
from rq.results import Result

REGISTRIES = {
    "started": StartedJobRegistry,
    "finished": FinishedJobRegistry,
    "failed": FailedJobRegistry,
    "deferred": DeferredJobRegistry,
    "scheduled": ScheduledJobRegistry,
    "canceled": CanceledJobRegistry,
}


def registry_key(status: str, queue: str) -> str:
    """Return the key of a queue's list of jobs that are in a status."""
    return REGISTRIES[status].key_template.format(queue)


def result_key(job_id: str) -> str:
    """Return the key of what rq has noted of a job's attempts."""
    return str(Result.get_key(job_id))  # type: ignore[no-untyped-call]


def forget(client: redis.Redis, queue: str, ids: Iterable[str]) -> None:
    """Remove jobs from rq: what it knows of them, wherever it lists them.

    Queues themselves are not looked through: that takes longer the more they hold.
    """
    with client.pipeline(transaction=False) as pipeline:
        for job_id in ids:
            executions = ExecutionRegistry.key_template.format(job_id)
            job = Job(job_id, connection=client)
            pipeline.unlink(
                job.key, job.dependents_key, job.dependencies_key, executions,
                result_key(job_id),
            )  # fmt: skip
            for status in REGISTRIES:
                pipeline.zrem(registry_key(status, queue), job_id)
        pipeline.execute()
