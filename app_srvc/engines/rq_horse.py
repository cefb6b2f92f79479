"""Jobs through Redis and rq: the process that runs them, which rq calls a horse.

rq forks one for each job, with new connections to everything; that is most of what a short job
costs. Here one runs many, see `child`. What else rq does wrong for us, and is mended here:

- A worker that is killed leaves its horse at work: the horse dies with it.
- `kill_horse` without a horse, or before it leads a group of its own, killed the worker's group.
- The alarm that ends the wait for the horse went off wherever the main thread was: it could take
  away what had been waited for, or break off a stop, so that a job given back counted as lost.
"""

import json
import logging
import math
import os
import random
import select
import signal
import time
from typing import Any

import redis
from rq.exceptions import NoSuchJobError
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.timeouts import HorseMonitorTimeoutException

from app_srvc.engines.child import FAILED_STATUS, Child
from app_srvc.engines.protocol import Attendant
from app_srvc.engines.rq_living import LivingWorker

log = logging.getLogger(__name__)

# What a horse says of a job: that rq has heard of its end, or not.
TOLD, UNTOLD = b"told", b"untold"
# Should whatever a job has begun hold the line open of a horse that has died.
LOOK_SECONDS = 0.5


class KeptHorseWorker(LivingWorker):
    """An rq worker that keeps its horse for the next job."""

    attendant: Attendant
    _horse: Child | None = None

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Let the horse run the job; there may have to be another one first."""
        horse = self._fit_horse()
        self._horse_pid = horse.pid
        execution = self.execution.id if self.execution else ""
        horse.begin(json.dumps([job.id, queue.name, execution]).encode())

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        """Wait until the horse is done with the job, for which the second is 0, or has ended.

        Raises:
            HorseMonitorTimeoutException: it is at work still, and rq wanted to look round by now.
        """
        horse = self._horse
        assert horse is not None  # noqa: S101  # It has been given the job.
        patience = signal.alarm(0)
        until = time.monotonic() + patience if patience else math.inf
        while True:
            is_gone, said = horse.is_gone(), horse.said()
            if said is not None:
                return horse.pid, os.EX_OK if said == TOLD else FAILED_STATUS, None
            if is_gone:
                return horse.pid, horse.status, None
            if time.monotonic() >= until:
                raise HorseMonitorTimeoutException
            poller = select.poll()
            poller.register(horse.fileno(), select.POLLIN)
            poller.poll(1000 * LOOK_SECONDS)

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:  # noqa: ARG002  # rq's.
        """End the horse, with whatever it has started, if it is at work."""
        if self._horse is not None and self._horse_pid:
            self._horse.kill()

    def teardown(self) -> None:
        """Say goodbye, and let the horse go."""
        if self._horse is not None:
            self._horse.bury()
            self._horse = None
        super().teardown()

    def _fit_horse(self) -> Child:
        if self._horse is not None and self._horse.is_used_up():
            self._horse.bury()
            self._horse = None
        if self._horse is None:
            self._horse = Child(self.attendant, self._run, self._be_the_horse)
        return self._horse

    def _be_the_horse(self) -> None:
        """Begin to be it, as rq does, right after the fork."""
        random.seed()
        self.setup_work_horse_signals()  # type: ignore[no-untyped-call]
        self._is_horse = True

    def _run(self, told: bytes) -> bytes:
        """Run a job in the horse. Of one that Redis has forgotten nothing is left to be told."""
        job_id, queue_name, execution = json.loads(told)
        try:
            job = self.job_class.fetch(job_id, self.connection, self.serializer)
            self.execution = Execution(execution, job_id, self.connection, self.name)
            queue = Queue(queue_name, connection=self.connection, serializer=self.serializer)
            self.perform_job(job, queue)
        except NoSuchJobError:
            return TOLD
        except redis.RedisError as error:
            log.debug("redis has not heard of the end of job %s: %s", job_id, error)
            return UNTOLD
        return TOLD
