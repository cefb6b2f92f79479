"""Quick calls through Redis and rq: a worker that forks for none of them.

To rq and to rqmonitor it is a worker like any other, with rq's own register, commands, clean-up and
signals. But its main thread runs nothing: it looks after the threads that do. What a fork gives, an
end for a job that hangs, costs the process here: its other calls are finished, and it is replaced.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

import redis
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from app_srvc.engines import rq_scripts
from app_srvc.engines.calls import CallAttendant
from app_srvc.engines.rq_hand import Entry
from app_srvc.engines.rq_job import RowJob
from app_srvc.engines.rq_living import LivingWorker
from app_srvc.engines.rq_slots import Slots

log = logging.getLogger(__name__)

WORKER_TTL_SECONDS = 30
MAINTENANCE_SECONDS = 60
TICK_SECONDS = 0.1
BEAT_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
# With this a process ends in which a call hangs.
HANGS = 3  # crew.REPLACE_ME


class WarmWorker(LivingWorker):
    """An rq worker whose threads answer calls."""

    attendant: CallAttendant

    def __init__(self, slots: Slots, connection: redis.Redis) -> None:
        super().__init__(
            slots.queues,
            name=slots.name,
            connection=connection,
            serializer=JSONSerializer,
            job_class=_job_class_for(slots.attendant),
            worker_ttl=WORKER_TTL_SECONDS,
            maintenance_interval=MAINTENANCE_SECONDS,
            log_job_description=False,
        )
        self.attendant = slots.attendant
        self._slots = slots
        self._hangs = False
        self._told: tuple[str, str | None] = ("", None)
        self._beat_script: Any = connection.register_script(rq_scripts.BEAT)
        self._left_script: Any = connection.register_script(rq_scripts.LEFT)

    def dequeue_job_and_maintain_ttl(
        self,
        timeout: int | None,  # noqa: ARG002  # rq's.
        max_idle_time: int | None = None,  # noqa: ARG002
    ) -> tuple[Job, Queue] | None:
        """Look after the threads, until a request to stop has come and all of them have ended.

        rq's own loop gets nothing to run.
        """
        beat_at = heartbeat_at = 0.0
        while not self._are_done():
            now = time.monotonic()
            self.attendant.beat()
            if now >= beat_at:
                beat_at = now + BEAT_SECONDS
                self._if_redis_answers(self._beat)
            if now >= heartbeat_at:
                heartbeat_at = now + HEARTBEAT_SECONDS
                self._if_redis_answers(self.heartbeat)
                self._if_redis_answers(self._maintain)
            time.sleep(TICK_SECONDS)
        if self._hangs:
            raise SystemExit(HANGS)
        raise StopRequested

    def check_for_suspension(self, burst: bool) -> None:
        """Leave it to the threads, which take nothing meanwhile; rq would wait here for the end."""

    def kill_horse(self, *_: Any) -> None:
        """There is none: a call that runs cannot be stopped."""

    def _are_done(self) -> bool:
        if self._slots.give_up_overdue():
            log.error("a call hangs; this process finishes its others, and is replaced")
            self._hangs = True
        if not (self._stop_requested or self._hangs):
            return False
        self._slots.close(self.connection)
        return self._slots.are_idle()

    def _beat(self) -> None:
        """Renew what runs. What has ended meanwhile must not be renewed behind its end."""
        entries = self._slots.running()
        words: list[str | int] = [self._slots.lease_ms, len(self._slots.queues)]
        words += self._slots.queues
        for entry in entries:
            words += _words(entry)
        self._slots.is_held_back = bool(self._beat_script(args=words))
        still = set(self._slots.running())
        left = [word for entry in entries if entry not in still for word in _words(entry)]
        if left:
            self._left_script(args=left)
        self._show(entries)

    def _show(self, entries: list[Entry]) -> None:
        """Tell rqmonitor what goes on, if that has changed: one call of those that run."""
        state = WorkerStatus.BUSY if entries else WorkerStatus.IDLE
        if self._slots.is_held_back:
            state = WorkerStatus.SUSPENDED
        told = (state, entries[0].taken.id if entries else None)
        if told != self._told:
            self.set_state(state)
            self.set_current_job_id(told[1])
            self._told = told

    def _maintain(self) -> None:
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def _if_redis_answers(self, do: Callable[[], None]) -> None:
        try:
            do()
        except (redis.RedisError, OSError) as error:
            log.debug("redis does not answer: %s", error)


def _words(entry: Entry) -> list[str]:
    return [entry.taken.id, entry.taken.queue, entry.taken.place, entry.execution]


def _job_class_for(attendant: CallAttendant) -> type[RowJob]:
    """Return the class with which rq's clean-up reads what it believes abandoned."""
    return type("CallJob", (RowJob,), {"attendant": attendant})
