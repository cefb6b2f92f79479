"""What a worker process does around its jobs."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest
import redis

from app_srvc import db, settings
from app_srvc.jobs.states import State
from tests.support import tasks
from tests.support.submitting import submit
from tests.support.workers import ROOT, Workers, wait_for, wait_for_end

pytestmark = pytest.mark.usefixtures("database")


def registered() -> int:
    """Return how many workers are on the register."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM workers WHERE 'stt' = ANY (queues)")
        row = cur.fetchone()
    return row[0] if row else 0


def test_the_script_serves_its_queue_and_leaves_the_register(database: None) -> None:
    process = subprocess.Popen([sys.executable, "-W", "ignore", "sttworker.py"], cwd=ROOT)
    wait_for(lambda: registered() == 1)

    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert registered() == 0


@pytest.mark.parametrize("after", [0.2, 0.35, 0.5, 0.65, 0.8, 1.1])
def test_it_can_be_told_to_stop_at_any_moment_of_its_start(after: float, workers: Workers) -> None:
    process = workers.start()
    time.sleep(after)

    process.send_signal(signal.SIGTERM)
    assert process.wait(5) in {0, -signal.SIGTERM}


def test_it_begins_as_soon_as_its_servers_are_there(workers: Workers) -> None:
    process = workers.start(QUEUE_URL="unix:///nowhere/redis.sock")
    time.sleep(2)
    assert process.poll() is None

    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


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
