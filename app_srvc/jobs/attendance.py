"""What a worker does around its jobs, for whichever engine brings them.

A thread renews the lease of the running job every second, whatever the job is doing and whether
or not the engine's server answers, and reads from the row whether the job was cancelled or is
overdue. When the job's process is gone, its row is settled.
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

from app_srvc import db, logs
from app_srvc.errors import DatabaseDown
from app_srvc.jobs import callbacks, running, submission
from app_srvc.jobs.gate import Gate
from app_srvc.jobs.repository import history, leases, outcomes, workers
from app_srvc.jobs.states import State

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
SHOW_SECONDS = 5.0
# How long after its time-out a job may still be dying of it, before its process is ended.
OVERDUE_GRACE_SECONDS = 5.0


class Attendance:
    """One worker: its name, its current job, and the thread that keeps both alive."""

    def __init__(self, name: str, queues: Sequence[str]) -> None:
        self.name = name
        self.queues = list(queues)
        self.gate = Gate()
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._told_to_stop = threading.Event()
        self._job_id: str | None = None
        self._kill: Callable[[], None] = lambda: None
        self._was_held = self._is_overdue = False
        self._shown_at = -SHOW_SECONDS
        self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)

    def listen_for_signals(self) -> None:
        """Remember a request to stop, until the engine listens itself.

        Nothing is raised: half of the imports that a worker begins with would swallow it.
        """
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: self.tell_to_stop())

    def tell_to_stop(self) -> None:
        """Remember a request to stop."""
        self._told_to_stop.set()

    def is_told_to_stop(self) -> bool:
        """Say whether such a request has come."""
        return self._told_to_stop.is_set()

    def start(self) -> None:
        """Show that the worker lives, from now on."""
        with suppress(DatabaseDown):
            self._show()
        self._thread.start()

    def stop(self) -> None:
        """Stop, and take the worker off the register."""
        self._stop.set()
        self._thread.join(timeout=db.PATIENCE_SECONDS)
        try:
            with db.transaction() as conn:
                workers.forget(conn, self.name)
        except DatabaseDown:
            log.info("the register keeps this worker until it has been silent for long")

    def forking(self) -> AbstractContextManager[Any]:
        """Hold the threads of this worker still, so that a child inherits no lock in use."""
        return self.gate.forking()

    def perform(self, job_id: str) -> int | None:
        """Run the job in this process."""
        return running.perform(job_id, self.name)

    def on_success(self, job_id: str, attempt: int | None) -> None:
        """Record success."""
        callbacks.on_success(job_id, attempt)

    def on_failure(self, job_id: str, error: BaseException) -> None:
        """Record failure."""
        callbacks.on_failure(job_id, error)

    def on_stopped(self, job_id: str) -> None:
        """Record that the job was stopped."""
        callbacks.on_stopped(job_id, self.name)

    def began(self, job_id: str, kill: Callable[[], None]) -> None:
        """Attend to this job from now on, as soon as the database answers.

        Without it no row can be taken: a worker that went on would run through the whole queue
        and leave each job to be delivered again.
        """
        while not _has_database():
            time.sleep(BEAT_SECONDS)
        with self._guard:
            self._job_id, self._kill = job_id, kill
            self._was_held = self._is_overdue = False

    def ended(self, job_id: str, *, given_back: bool) -> None:
        """See to it that the row of a job whose process is gone does not read 'running'."""
        with self._guard:
            self._job_id, self._kill = None, lambda: None
        try:
            with logs.about(job_id), db.transaction() as conn:
                state = self._settle(conn, job_id, given_back=given_back)
            if state == State.WAITING:
                submission.redeliver(job_id)
        except DatabaseDown:
            log.warning("job %s is settled when its lease has run out", job_id)

    def _settle(self, conn: db.Connection, job_id: str, *, given_back: bool) -> State | None:
        attempt = outcomes.held_by(conn, job_id, self.name)
        if attempt is None:
            return None
        if given_back:
            history.add_line(conn, job_id, "The worker was stopped and gave the job back.")
            return outcomes.give_back(conn, job_id, attempt)
        if self._is_overdue:
            reason = "It took longer than it may."
            return outcomes.fail(conn, job_id, attempt, reason, pause_seconds=None)
        log.warning("the process of the job ended without a word")
        reason = "The process that worked on it ended unexpectedly."
        history.add_line(conn, job_id, reason)
        return outcomes.fail(conn, job_id, attempt, reason, pause_seconds=0, outcome="lost")

    def _keep(self) -> None:
        is_down = False
        while not self._stop.wait(BEAT_SECONDS):
            try:
                with self.gate.working(), self._guard:
                    self._show()
                    self._beat()
            except DatabaseDown:
                if not is_down:
                    log.warning("the database does not answer; the lease is not renewed")
                is_down = True
            except Exception:
                log.exception("the lease could not be renewed")
            else:
                is_down = False

    def _show(self) -> None:
        if time.monotonic() - self._shown_at >= SHOW_SECONDS:
            with db.transaction() as conn:
                workers.register(conn, self.name, self.queues, socket.gethostname(), os.getpid())
            self._shown_at = time.monotonic()

    def _beat(self) -> None:
        if self._job_id is None:
            return
        with db.transaction() as conn:
            beat = leases.beat(conn, self._job_id, self.name, OVERDUE_GRACE_SECONDS)
        if beat is None:
            # Not taken yet, just ended, or taken by another; only the last has work to stop.
            if self._was_held:
                self._kill()
            return
        self._was_held = True
        self._is_overdue = beat.overdue
        if beat.cancelled or beat.overdue:
            self._kill()


def _has_database() -> bool:
    try:
        with db.transaction():
            return True
    except DatabaseDown:
        return False
