"""Jobs through Celery: what a worker tells Flower of itself and its jobs."""

import os
import time

from celery.events import EventDispatcher
from kombu import Connection

from app_srvc.engines import celery_broker
from app_srvc.engines.celery_running import FAILED, STOPPED, Outcome

# How often Flower hears that a worker lives, in seconds; for twice as long it believes that.
BEAT_SECONDS = 5.0
# What is to be said of jobs is said together, so often at most.
TELL_SECONDS = 0.5


class Voice:
    """One worker's, on a connection of its own. What nobody hears is lost, and does no harm."""

    def __init__(self, url: str, connection: Connection, name: str) -> None:
        self._events = EventDispatcher(
            connection, channel=connection.channel(), hostname=name, app=celery_broker.app_at(url),
            buffer_group={"task"}, buffer_limit=1000,
        )  # fmt: skip
        self._done = 0
        self._beat_at = self._tell_at = 0.0
        self._say("worker-online", is_busy=False)

    def beat(self, *, is_busy: bool) -> None:
        """Say that the worker lives, and what there is to say of jobs, if it is time to."""
        self._tell()
        if time.monotonic() >= self._beat_at:
            self._say("worker-heartbeat", is_busy=is_busy)

    def leave(self) -> None:
        """Say goodbye."""
        self._events.flush()
        self._say("worker-offline", is_busy=False)

    def begin(self, job_id: str, task: str) -> None:
        """Say that a job begins."""
        self._events.send(
            "task-received", uuid=job_id, name=task, args=f"['{job_id}']", kwargs="{}", retries=0,
            eta=None, expires=None, root_id=job_id, parent_id=None,
        )  # fmt: skip
        self._events.send("task-started", uuid=job_id)
        self._tell()

    def end(self, job_id: str, outcome: Outcome, seconds: float) -> None:
        """Say how it has ended; of an error only its kind, as others may name private things."""
        self._done += 1
        if outcome.kind == STOPPED:
            self._events.send(
                "task-revoked", uuid=job_id, terminated=True, signum="SIGKILL", expired=False
            )
        elif outcome.kind == FAILED:
            self._events.send("task-failed", uuid=job_id, exception=outcome.about, traceback="")
        else:
            self._events.send("task-succeeded", uuid=job_id, result=outcome.about, runtime=seconds)
        self._tell()

    def _tell(self) -> None:
        if time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + TELL_SECONDS
            self._events.flush()

    def _say(self, kind: str, *, is_busy: bool) -> None:
        self._beat_at = time.monotonic() + BEAT_SECONDS
        self._events.send(
            kind, freq=BEAT_SECONDS, active=int(is_busy), processed=self._done,
            loadavg=os.getloadavg(), sw_ident="cherha", sw_ver="1", sw_sys=os.uname().sysname,
        )  # fmt: skip
