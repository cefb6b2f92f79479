"""Jobs through Redis and rq: the side that runs them.

Thin subclasses of rq 2.12's own. What rq does wrong for us, and what is done about it here:

- A payload names any function: `RowJob` runs the row of its id and imports nothing it names.
- A worker that is killed leaves its horse at work: the horse dies with it.
- A horse that is killed calls nobody: `execute_job` settles the row whatever happened.
- An answer from Redis that fails after the work is done made the work count as failed: what only
  keeps Redis informed may fail.
- `kill_horse` without a horse, or before it leads a group of its own, killed the worker's group.
"""

import logging
import os
import signal
from contextlib import suppress
from typing import Any, ClassVar

import redis
from rq import Worker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.timeouts import JobTimeoutException
from rq.worker_registration import register

from app_srvc.engines.protocol import Attendant
from app_srvc.errors import TookTooLong
from app_srvc.processes import die_with_parent

__all__ = ["RowWorker", "StopRequested", "job_class_for"]

log = logging.getLogger(__name__)

CALLBACK_SECONDS = 60
# rq blocks for 15 s less than this before it looks round.
WORKER_TTL_SECONDS = 30
MAINTENANCE_SECONDS = 60


class RowJob(Job):
    """Runs the row with its id. Function, callbacks and hooks named in the payload are ignored."""

    attendant: ClassVar[Attendant]

    def restore(self, raw_data: Any) -> None:
        """Read the job from Redis, and put our own callbacks in the place of what is named."""
        super().restore(raw_data)
        self._success_callback = self._succeeded
        self._failure_callback = self._failed  # type: ignore[assignment]
        self._stopped_callback = self._stopped
        self._success_callback_timeout = CALLBACK_SECONDS
        self._failure_callback_timeout = CALLBACK_SECONDS
        self._stopped_callback_timeout = CALLBACK_SECONDS
        self._dependency_ids = []
        self.webhooks = []
        self.repeats_left = self.retries_left = None

    def _execute(self) -> int | None:
        try:
            return self.attendant.perform(self.id)
        except JobTimeoutException as error:
            raise TookTooLong(f"It took longer than {self.timeout} seconds.") from error

    def _succeeded(self, _job: Job, _connection: Any, result: int | None) -> None:
        self.attendant.on_success(self.id, result)

    def _failed(self, _job: Job, _connection: Any, _type: Any, error: Any, _tb: Any) -> None:
        self.attendant.on_failure(self.id, error)

    def _stopped(self, _job: Job, _connection: Any) -> None:
        self.attendant.on_stopped(self.id)


def job_class_for(attendant: Attendant) -> type[RowJob]:
    """Return the job class that calls `attendant`; rq makes the instances."""
    return type("AttendedJob", (RowJob,), {"attendant": attendant})


class RowWorker(Worker):
    """An rq worker that runs rows."""

    def __init__(
        self,
        queues: list[str],
        *,
        name: str,
        connection: redis.Redis,
        serializer: Any,
        attendant: Attendant,
    ) -> None:
        super().__init__(
            queues,
            name=name,
            connection=connection,
            serializer=serializer,
            job_class=job_class_for(attendant),
            worker_ttl=WORKER_TTL_SECONDS,
            maintenance_interval=MAINTENANCE_SECONDS,
            job_monitoring_interval=5,
            log_job_description=False,
        )
        self.attendant = attendant
        self.is_told_to_stop = False
        self.max_connection_wait_time = 2.0

    def _install_signal_handlers(self) -> None:
        """Listen from now on; what came before this is acted on."""
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        if self.attendant.is_told_to_stop():
            self.is_told_to_stop = True
            raise StopRequested

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Finish the running job, then stop. A second signal stops at once."""
        self.is_told_to_stop = True
        log.info("told to stop; a running job is finished first")
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def set_shutdown_requested_date(self) -> None:
        """Tell Redis, if it listens: this runs inside a signal handler."""
        with suppress(redis.RedisError):
            super().set_shutdown_requested_date()  # type: ignore[no-untyped-call]

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run the job in a horse, and settle its row however the horse ended."""
        given_back = False
        self.attendant.began(job.id, self.kill_horse)
        try:
            super().execute_job(job, queue)
        except SystemExit:
            given_back = True
            raise
        finally:
            self.attendant.ended(job.id, given_back=given_back)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork while no other thread of ours holds a lock that the child would inherit."""
        self._parent_pid = os.getpid()
        with self.attendant.forking():
            super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Run the job in the horse, for as long as the worker lives."""
        die_with_parent(parent=self._parent_pid)
        super().main_work_horse(job, queue)

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """End the horse, with whatever it started."""
        pid = self._horse_pid
        if not pid:
            return
        with suppress(ProcessLookupError):
            group = os.getpgid(pid)
            if group == os.getpgrp():
                os.kill(pid, sig)
            else:
                os.killpg(group, sig)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Tell Redis that the worker lives, and its name again in case Redis has lost it."""
        super().heartbeat(timeout, pipeline)
        register(self, pipeline)

    def maintain_heartbeats(self, job: Job) -> None:
        """Tell Redis that the job is worked on, if it listens."""
        with suppress(redis.RedisError):
            super().maintain_heartbeats(job)

    def set_current_job_working_time(
        self, current_job_working_time: float, pipeline: Any = None
    ) -> None:
        """Tell Redis for how long, if it listens."""
        self.current_job_working_time = current_job_working_time
        with suppress(redis.RedisError):
            super().set_current_job_working_time(current_job_working_time, pipeline)

    def handle_execution_ended(self, job: Job, queue: Queue, heartbeat_ttl: int) -> None:
        """Tell Redis that the job has ended, if it listens: the callback comes after this."""
        with suppress(redis.RedisError):
            super().handle_execution_ended(job, queue, heartbeat_ttl)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Leave it to the callback, which has logged what there is to know."""

    def _pubsub_exception_handler(self, exc: Exception, pubsub: Any, thread: Any) -> None:
        """Keep listening for commands whatever Redis does."""
        wrapped = exc if not isinstance(exc, redis.RedisError) else redis.ConnectionError(str(exc))
        super()._pubsub_exception_handler(wrapped, pubsub, thread)
