"""Jobs as rq knows them, for rqmonitor to show: counted and read without any other effect."""

import json
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from rq.exceptions import DeserializationError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.results import Result
from rq.serializers import JSONSerializer
from rq.utils import as_text

from app_srvc.engines import rq_keys
from app_srvc.errors import NotFound
from app_srvc.monitor import redis_side
from app_srvc.words import _

# Of a traceback its end says what happened; a page of a hundred shall not be a hundred megabytes.
LONGEST_TRACEBACK = 20_000
LONGEST_PAGE = 100


class Block(Protocol):
    """So many jobs of a queue that are in a status, as rqmonitor counts them."""

    queue: str
    registry: str
    count: int


class OnlyJson(JSONSerializer):
    """JSON, or nothing at all: whoever can write into Redis may have left something else."""

    @staticmethod
    def loads(data: bytes) -> Any:
        """Return what the text means, None where it is no JSON."""
        try:
            return json.loads(data)
        except ValueError:
            return None


class ReadJob(Job):
    """A job that is only looked at."""

    exc_string: str | None = None

    def get_id(self) -> str:
        """Return what rq has renamed."""
        return self.id

    def to_dict(self, *_args: object, **_named: object) -> dict[str, Any]:
        """Return what is shown of it, with its traceback where it once was."""
        told = super().to_dict(include_meta=False, include_result=False)
        if self.exc_string:
            told["exc_info"] = zlib.compress(self.exc_string.encode())
        return told


class Shown(NamedTuple):
    """All that rq holds of one job. `arguments` None is what cannot be read."""

    job: ReadJob
    arguments: str | None
    results: list[Result]


def count(queue: str, status: str) -> int:
    """Return how many jobs of a queue are in a status. Nothing is cleaned up on this occasion."""
    if status == JobStatus.QUEUED:
        return redis_side.connection().llen(redis_side.queue_key(queue))
    if status not in rq_keys.REGISTRIES:
        return 0
    return redis_side.connection().zcard(rq_keys.registry_key(status, queue))


def page(blocks: Iterable[Block], start: int, length: int) -> list[ReadJob]:
    """Return the jobs from `start` on, of all blocks after another. Only they are read."""
    found: list[ReadJob] = []
    left = min(length, LONGEST_PAGE)
    for block in blocks:
        if start < block.count and left:
            ids = _ids(block.queue, block.registry, start, start + left - 1)
            found += _read(ids)
            left -= len(ids)
        start = max(0, start - block.count)
    return found


def find(job_id: str) -> Shown:
    """Return all that rq holds of a job.

    Raises:
        NotFound: it holds nothing that could be shown.
    """
    job = _restored(job_id, redis_side.connection().hgetall(Job.key_for(job_id)))
    if job is None:
        raise NotFound(_("rq knows no such job, or knows it no longer."))
    return Shown(job, _arguments(job), _results(job))


def _ids(queue: str, status: str, first: int, last: int) -> list[str]:
    if status == JobStatus.QUEUED:
        waiting = redis_side.connection().lrange(redis_side.queue_key(queue), first, last)
        return [as_text(job_id) for job_id in waiting]
    found = redis_side.entries(rq_keys.registry_key(status, queue), first, last)
    return [entry.partition(":")[0] for entry in found]


def _read(ids: list[str]) -> list[ReadJob]:
    """Return the jobs with these ids, without those that have gone meanwhile."""
    with redis_side.connection().pipeline() as pipeline:
        for job_id in ids:
            pipeline.hgetall(Job.key_for(job_id))
            pipeline.xrevrange(rq_keys.result_key(job_id), count=1)
        answers = pipeline.execute()
    found = []
    for job_id, raw, results in zip(ids, answers[::2], answers[1::2], strict=True):
        job = _restored(job_id, raw)
        if job is not None:
            latest = _result(job, results[0]) if results else None
            is_failed = job.get_status(refresh=False) == JobStatus.FAILED
            if is_failed and latest and latest.exc_string:
                job.exc_string = latest.exc_string[-LONGEST_TRACEBACK:]
            found.append(job)
    return found


def _restored(job_id: str, raw: Any) -> ReadJob | None:
    """Return a job; what cannot be understood of it is left out, and None when that is all."""
    if not raw:
        return None
    job = ReadJob(job_id, connection=redis_side.connection(), serializer=OnlyJson)
    try:
        job.restore(raw)
    except NoSuchJobError:
        return None
    except (ValueError, TypeError):
        job.description = _("What rq holds of this job cannot be read.")
    return job


def _arguments(job: ReadJob) -> str | None:
    try:
        named = [f"{name}={value!r}" for name, value in job.kwargs.items()]
        return ", ".join([*map(repr, job.args), *named])
    except (DeserializationError, AttributeError, TypeError):
        return None


def _results(job: ReadJob) -> list[Result]:
    """Return what rq has noted of the latest attempts, newest first."""
    entries: Any = redis_side.connection().xrevrange(rq_keys.result_key(job.id))
    return [result for entry in entries if (result := _result(job, entry))]


def _result(job: ReadJob, entry: tuple[bytes, dict[bytes, bytes]]) -> Result | None:
    result_id, told = entry
    try:
        return Result.restore(job.id, as_text(result_id), told, job.connection, OnlyJson)
    except (ValueError, KeyError, zlib.error):
        return None
