"""What an operator does with rqmonitor, and jobs in every state that rq has."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import redis
from flask.testing import FlaskClient
from rq import Queue as RqQueue
from rq.job import Job
from rq.serializers import JSONSerializer
from werkzeug.test import TestResponse

from app_srvc import settings
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from tests.support import tasks
from tests.support.pages import token
from tests.support.submitting import submit
from tests.support.workers import Workers, wait_for, wait_for_end, wait_for_state

JSON = {"Accept": "application/json, text/javascript, */*; q=0.01"}
STATUSES = ("queued", "finished", "failed", "started", "deferred", "scheduled")


def raw() -> redis.Redis:
    """Look at what is in Redis."""
    return redis.Redis.from_url(settings.load().queue_url)


def ask(client: FlaskClient, path: str, **query: Any) -> Any:
    """Return what rqmonitor's page is told."""
    answer = client.get(f"/rqmonitor/{path}", query_string=query, headers=JSON)
    assert answer.status_code == 200, answer.text
    return answer.json


def act(client: FlaskClient, path: str, **fields: Any) -> TestResponse:
    """Press a button, as rqmonitor's page and our script send it."""
    headers = JSON | {"X-CSRFToken": token(client)}
    data = {"redis_instance_index": "0"} | fields
    return client.post(f"/rqmonitor/{path}", data=data, headers=headers)


def listed(client: FlaskClient, *statuses: str, queue: str = Queue.STT, **page: int) -> list[str]:
    """Return the ids on a page of jobs."""
    query = {"start": 0, "length": 50, "draw": 1} | page
    named = {"queues[]": [queue], "jobstatus[]": list(statuses or STATUSES)}
    return [row["job_info"]["job_id"] for row in ask(client, "jobs", **query, **named)["data"]]


def queue(name: str = Queue.STT) -> RqQueue:
    """Return a queue as rq has it."""
    return RqQueue(name, connection=raw(), serializer=JSONSerializer)


def deferred_and_scheduled() -> tuple[str, str]:
    """Put jobs that the product has none of into rq, and return their ids."""
    with raw() as client:
        first = Job.create("x.y", id="first", connection=client, serializer=JSONSerializer)
        first.save()
        deferred = queue().enqueue("x.y", job_id="deferred", depends_on=first)
        scheduled = queue().enqueue_in(timedelta(hours=1), "x.y", job_id="scheduled")
    return deferred.id, scheduled.id


class Cast:
    """A job of ours in each state, with one worker that is busy."""

    def __init__(self, folder: Path, workers: Workers) -> None:
        self.path = str(folder / "log")
        workers.start()
        self.finished = submit(tasks.count, self.path)
        self.failed = submit(tasks.refuse)
        wait_for_end(self.finished)
        wait_for_end(self.failed)
        self.started = submit(tasks.sleep, self.path, 600)
        wait_for_state(self.started, State.RUNNING)
        wait_for(lambda: raw().hget(f"rq:job:{self.started}", "status") == b"started")
        self.queued = submit(tasks.count, self.path)
        self.deferred, self.scheduled = deferred_and_scheduled()
        self.all = {name: getattr(self, name) for name in STATUSES}
