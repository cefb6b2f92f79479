"""What a worker process does around its jobs."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from app_srvc import settings
from app_srvc.jobs.states import State
from tests.support import tasks
from tests.support.rows import scalar
from tests.support.submitting import submit
from tests.support.workers import PATIENCE_SECONDS, ROOT, Workers, wait_for, wait_for_end

pytestmark = pytest.mark.usefixtures("database")


def registered() -> int:
    """Return how many workers are on the register."""
    return int(scalar("SELECT count(*) FROM workers WHERE 'stt' = ANY (queues)"))


def test_the_script_serves_its_queue_and_leaves_the_register(database: None) -> None:
    process = subprocess.Popen([sys.executable, "-W", "ignore", "sttworker.py"], cwd=ROOT)
    wait_for(lambda: registered() == 1)

    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert registered() == 0


@pytest.mark.parametrize("after", [0.2, 0.35, 0.5, 0.65, 0.8, 1.1])
def test_it_can_be_told_to_stop_at_any_moment_of_its_start(after: float, workers: Workers) -> None:
    process = workers.start()
    time.sleep(after)

    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) in {0, -signal.SIGTERM}


TOLD_WHILE_IT_SETTLES = """
import os, signal
from app_srvc.jobs import charges
is_left = charges.JobInCharge.is_left
def told(*words, **more):
    os.kill(os.getpid(), signal.SIGTERM)
    return is_left(*words, **more)
charges.JobInCharge.is_left = told
from app_srvc import worker
from tests.support import tasks
worker.run("stt")
"""


def test_it_can_be_told_to_stop_while_it_settles_a_job(workers: Workers) -> None:
    job_id = submit(tasks.count, os.devnull)
    process = workers.start("-c", TOLD_WHILE_IT_SETTLES)

    assert process.wait(PATIENCE_SECONDS) == 0
    assert wait_for_end(job_id).state == State.FINISHED
    assert registered() == 0


def test_it_begins_as_soon_as_its_servers_are_there(tmp_path: Path, workers: Workers) -> None:
    nowhere = tmp_path / "redis.sock"
    process = workers.start(QUEUE_URL=f"unix://{nowhere}")
    # Until then it still starts, and would not heed a signal.
    wait_for(lambda: registered() == 1)
    job_id = submit(tasks.count, os.devnull)
    time.sleep(1)
    assert process.poll() is None

    nowhere.symlink_to(urlsplit(settings.load().queue_url).path)
    assert wait_for_end(job_id).state == State.FINISHED


def test_it_can_be_told_to_stop_while_it_waits_for_its_servers(workers: Workers) -> None:
    process = workers.start(QUEUE_URL="unix:///nowhere/redis.sock")
    wait_for(lambda: registered() == 1)
    time.sleep(1)
    assert process.poll() is None

    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0


def test_after_redis_hung_it_goes_on_under_its_name(worker: Workers) -> None:
    wait_for_end(submit(tasks.count, os.devnull))
    with redis.Redis.from_url(settings.load().queue_url) as client:
        (key,) = client.smembers("rq:workers")
        assert isinstance(key, bytes)
        # Its connections are cut, and what it last said of itself stays behind.
        for one in client.client_list():
            with suppress(redis.ResponseError):
                client.client_kill_filter(_id=one["id"], skipme=True)
        client.hset(key, "last_heartbeat", "2000-01-01T00:00:00.000000Z")

    assert wait_for_end(submit(tasks.count, os.devnull)).state == State.FINISHED
    assert worker.processes[0].poll() is None
