"""What a worker does around its jobs, for whichever engine brings them.

A thread renews the lease of the running job every second, whatever the job is doing and whether
or not the engine's server answers, and reads from the row whether the job was cancelled or is
overdue. When the job's process is gone, its row is settled.
"""

import logging
import mmap
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, NamedTuple

from app_srvc import db, processes
from app_srvc.errors import DatabaseDown
from app_srvc.jobs import callbacks, charges
from app_srvc.jobs.gate import Gate
from app_srvc.jobs.repository import workers
from app_srvc.jobs.settling import Unsettled

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
SHOW_SECONDS = 5.0


class _Held(NamedTuple):
    """What runs, and how to end it."""

    charge: charges.Charge
    kill: Callable[[], None]


class Attendance:
    """One worker: its name, what it has at work, and the thread that keeps both alive.

    A worker that forks has one job at a time; one of quick calls has several.
    """

    def __init__(self, name: str, queues: Sequence[str]) -> None:
        self.name = name
        self.queues = list(queues)
        self.gate = Gate()
        self._guard = threading.Lock()
        self._stop = threading.Event()
        # Shared with the processes that are forked from this one: a long errand looks at it.
        self._told_to_stop = mmap.mmap(-1, 1)
        self._held: dict[str, _Held] = {}
        self._unsettled = Unsettled()
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
        self._told_to_stop[0] = 1

    def is_told_to_stop(self) -> bool:
        """Say whether such a request has come."""
        return bool(self._told_to_stop[0])

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
        """Do the work in this process."""
        return self._of(job_id).perform()

    def on_success(self, job_id: str, attempt: int | None) -> None:
        """Record success."""
        self._of(job_id).on_success(attempt)

    def on_failure(self, job_id: str, error: BaseException) -> None:
        """Record failure."""
        self._of(job_id).on_failure(error)

    def on_stopped(self, job_id: str) -> None:
        """Record that the job was stopped."""
        self._of(job_id).on_stopped()

    def began(self, job_id: str, kill: Callable[[], None]) -> None:
        """Attend to this job from now on, as soon as the database answers.

        Without it no row can be taken: a worker that went on would run through the whole queue
        and leave each job to be delivered again.
        """
        while not self._has_settled():
            time.sleep(BEAT_SECONDS)
        self.attend(job_id, kill)

    def attend(self, job_id: str, kill: Callable[[], None] = lambda: None) -> None:
        """Attend to this job from now on, whether the database answers or not."""
        with self._guard:
            self._held[job_id] = _Held(self._of(job_id), kill)

    def leave(self, job_id: str) -> None:
        """Attend to this job no more: its outcome is recorded, or left to its lease."""
        with self._guard:
            self._held.pop(job_id, None)

    def took_too_long(self, job_id: str) -> None:
        """Record that a job that cannot be ended has taken too long."""
        self.leave(job_id)
        callbacks.on_overdue(job_id, self.name)

    def ended(self, job_id: str, *, given_back: bool) -> None:
        """See to it that nothing is held by a process that is gone."""
        try:
            with self._guard:
                held = self._held.pop(job_id, None)
                if held is not None:
                    self._unsettled.add(job_id, held.charge, given_back=given_back)
                self._unsettled.settle()
        except DatabaseDown:
            log.warning("%s is settled as soon as the database answers", job_id)

    def _has_settled(self) -> bool:
        """Settle what is left; False while the database is away."""
        try:
            with db.transaction():
                pass
            with self._guard:
                self._unsettled.settle()
        except DatabaseDown:
            return False
        return True

    def _of(self, job_id: str) -> charges.Charge:
        return charges.of(job_id, self.name, self.is_told_to_stop)

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
            host, memory_bytes = socket.gethostname(), processes.memory_bytes()
            with db.transaction() as conn:
                workers.register(
                    conn, self.name, self.queues, host, os.getpid(), memory_bytes=memory_bytes
                )
            self._shown_at = time.monotonic()

    def _beat(self) -> None:
        if not self._held:
            self._unsettled.settle()
            return
        # A worker that is frozen in the midst of it holds no row, as it would in a transaction.
        with db.transaction(is_one_statement=True) as conn:
            to_end = [held for held in self._held.values() if held.charge.must_end(conn)]
        for held in to_end:
            held.kill()
