"""One queue on RabbitMQ, and the others on Redis."""

from collections.abc import Callable
from typing import Any

import pytest
import redis
from flask import Flask

from app_srvc import engines
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from tests.conftest import Servers
from tests.support import brokers, pictures, tasks
from tests.support.people import program
from tests.support.submitting import submit
from tests.support.web import form
from tests.support.workers import Workers, job, wait_for, wait_for_end


@pytest.fixture
def mixed(
    backing: Servers, database: None, rabbitmq_url: str, setting: Callable[..., None]
) -> redis.Redis:
    """Put pictures on RabbitMQ, and return a connection to the Redis of all else."""
    setting(detection_queue_url=rabbitmq_url)
    brokers.OfCelery(rabbitmq_url).lose(Queue.DETECTION)
    return redis.Redis.from_url(backing.urls["redis"])


def test_each_job_goes_the_way_of_its_queue(
    mixed: redis.Redis, app: Flask, workers: Workers, tmp_path: Any
) -> None:
    client = program(app)
    body, content_type = form([("a.png", pictures.encoded(pictures.scene()))])
    sent = client.post("/detect/task", data=body, content_type=content_type).json
    assert sent is not None
    other = submit(tasks.count, str(tmp_path / "log"))

    wait_for(lambda: engines.of(Queue.DETECTION).depth(Queue.DETECTION) == 1)
    assert not mixed.exists("rq:queue:detection")
    assert mixed.llen("rq:queue:stt") == 1
    assert len(engines.every()) == 2
    assert client.get("/readyz").status_code == 200
    workers.start("detectworker.py")
    workers.start()
    for job_id in (sent["job_id"], other):
        assert wait_for_end(job_id).state == State.FINISHED
    told = client.get(sent["status_url"]).json
    assert told is not None
    assert told["objects"]
    assert job(other).attempt == 1
