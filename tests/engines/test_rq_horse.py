"""How a worker on rq waits for the process that runs its job."""

import json
import os
import subprocess
import sys

from tests.conftest import Servers
from tests.support.workers import PATIENCE_SECONDS, ROOT

# Outside this process, which has threads, and needs its alarm for itself.
SCRIPT = """
import json, os, signal, time
import redis
from rq.serializers import JSONSerializer
from rq.timeouts import HorseMonitorTimeoutException
from app_srvc.engines.child import Child
from app_srvc.engines.rq_worker import RowWorker
from app_srvc.jobs.attendance import Attendance

attendance = Attendance("a", [])
worker = RowWorker(
    ["nothing"], name="a", connection=redis.Redis.from_url(os.environ["QUEUE_URL"]),
    serializer=JSONSerializer, attendant=attendance,
)
worker._horse = Child(attendance, lambda told: time.sleep(float(told)) or b"told")
worker._horse_pid = worker._horse.pid
rang = []
signal.signal(signal.SIGALRM, lambda *_: rang.append(True))
told = {}

worker._horse.begin(b"60")
signal.alarm(1)
try:
    worker.wait_for_horse()
except HorseMonitorTimeoutException:
    told["looks round"] = True

signal.alarm(1)
worker.kill_horse()
told["ended by"] = worker.wait_for_horse()[1]
time.sleep(1.1)
told["the alarm rang"] = bool(rang)
print(json.dumps(told))
"""


def test_it_looks_round_in_time_and_no_alarm_breaks_off_what_it_is_doing(backing: Servers) -> None:
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT], env={**os.environ, "QUEUE_URL": backing.urls["redis"]},
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )  # fmt: skip

    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == {"looks round": True, "ended by": 9, "the alarm rang": False}
