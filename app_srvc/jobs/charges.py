"""What a worker has in its charge: a job's row, or a wake-up.

`perform` and the outcomes are called in the process that does the work, `must_end` and `settle`
in the worker that looks after it.
"""

import logging
from collections.abc import Callable
from typing import Protocol

from app_srvc import logs
from app_srvc.db import Connection
from app_srvc.errors import PermanentError, TookTooLong
from app_srvc.jobs import callbacks, running, wakeups
from app_srvc.jobs.repository import history, leases, outcomes
from app_srvc.jobs.states import State
from app_srvc.words import _

log = logging.getLogger(__name__)

# How long after its time-out a job may still be dying of it, before its process is ended.
OVERDUE_GRACE_SECONDS = 5.0


class Charge(Protocol):
    """One delivery, from its beginning to its end."""

    def perform(self) -> int | None:
        """Do the work, and return its attempt; None when there is no outcome to record."""

    def on_success(self, attempt: int | None) -> None:
        """Record that `perform` returned."""

    def on_failure(self, error: BaseException) -> None:
        """Record that `perform` raised, or could not be called."""

    def on_stopped(self) -> None:
        """Record that the engine was told to stop it, and has."""

    def must_end(self, conn: Connection) -> bool:
        """Keep it for another lease, by one statement, and say whether its process is to end."""

    def is_left(self, conn: Connection) -> bool:
        """Say, by one statement, whether a process that is gone may have left anything."""

    def settle(self, conn: Connection, *, given_back: bool) -> bool:
        """See to it that nothing is held by a process that is gone; True: deliver it again."""


class JobInCharge:
    """A job."""

    def __init__(self, job_id: str, worker: str) -> None:
        self._id = job_id
        self._worker = worker
        self._was_held = self._is_overdue = False

    def perform(self) -> int | None:
        """Run its task."""
        return running.perform(self._id, self._worker)

    def on_success(self, attempt: int | None) -> None:
        """Record success."""
        callbacks.on_success(self._id, attempt)

    def on_failure(self, error: BaseException) -> None:
        """Record failure."""
        callbacks.on_failure(self._id, error)

    def on_stopped(self) -> None:
        """Record that the job was stopped."""
        callbacks.on_stopped(self._id, self._worker)

    def must_end(self, conn: Connection) -> bool:
        """Renew its lease; it is to end when it was cancelled, is overdue, or is another's now."""
        beat = leases.beat(conn, self._id, self._worker, OVERDUE_GRACE_SECONDS)
        if beat is None:
            # Not taken yet, just ended, or taken by another; only the last has work to stop.
            return self._was_held
        self._was_held = True
        self._is_overdue = beat.overdue
        return beat.cancelled or beat.overdue

    def is_left(self, conn: Connection) -> bool:
        """Look whether its row is still held."""
        return outcomes.held_by(conn, self._id, self._worker) is not None

    def settle(self, conn: Connection, *, given_back: bool) -> bool:
        """See to it that its row does not read 'running'."""
        attempt = outcomes.held_by(conn, self._id, self._worker)
        if attempt is None:
            return False
        if given_back:
            history.add_line(conn, self._id, _("The worker was stopped and gave the job back."))
            state = outcomes.give_back(conn, self._id, attempt)
        elif self._is_overdue:
            state = outcomes.fail(conn, self._id, attempt, TookTooLong.says, pause_seconds=None)
        else:
            log.warning("the process of the job ended without a word")
            reason = _("The process that worked on it ended unexpectedly.")
            history.add_line(conn, self._id, reason)
            state = outcomes.fail(conn, self._id, attempt, reason, pause_seconds=0, outcome="lost")
        return state == State.WAITING


class WakeupInCharge:
    """A wake-up. Nothing is told of how it ended: what it was about says what is left to do."""

    def __init__(self, wakeup_id: str, worker: wakeups.Waker) -> None:
        self._id = wakeup_id
        self._worker = worker
        self._errand = wakeups.find(wakeup_id)
        self._was_ended = False

    def perform(self) -> None:
        """Run its errand."""
        if self._errand is None:
            raise PermanentError(_("This server does not know that kind of job any more."))
        with logs.about(self._id):
            self._errand.run(self._worker, *wakeups.numbers(self._id))

    def on_success(self, attempt: int | None) -> None:
        """Nothing is left to record."""

    def on_failure(self, error: BaseException) -> None:
        """Say in the log what was wrong; what was never raised, an engine only supposes."""
        if error.__traceback__ is not None:
            log.warning("%s failed", self._id, exc_info=error)

    def on_stopped(self) -> None:
        """Nothing is left to record."""

    def must_end(self, conn: Connection) -> bool:
        """Ask its errand."""
        if self._errand is not None and self._errand.must_end(conn, self._worker.worker):
            self._was_ended = True
        return self._was_ended

    def is_left(self, conn: Connection) -> bool:  # noqa: ARG002  # The protocol.
        """Its errand knows."""
        return True

    def settle(self, conn: Connection, *, given_back: bool) -> bool:
        """Let its errand take back what is left."""
        if self._errand is not None:
            self._errand.settle(conn, self._worker.worker, given_back or self._was_ended)
        return False


class StrayInCharge:
    """A delivery that is about nothing: somebody else has put it into the queue."""

    def perform(self) -> None:
        """Refuse it."""
        raise PermanentError(_("This server does not know that kind of job any more."))

    def on_success(self, attempt: int | None) -> None:
        """There is nothing to record it in."""

    def on_failure(self, error: BaseException) -> None:  # noqa: ARG002  # The protocol.
        """There is nothing to record it in."""
        log.warning("a delivery that nobody has submitted was refused")

    def on_stopped(self) -> None:
        """There is nothing to record it in."""

    def must_end(self, conn: Connection) -> bool:  # noqa: ARG002  # The protocol.
        """Let it come to its end, which is near."""
        return False

    def is_left(self, conn: Connection) -> bool:  # noqa: ARG002  # The protocol.
        """Nothing was held."""
        return False

    def settle(self, conn: Connection, *, given_back: bool) -> bool:  # noqa: ARG002  # The same.
        """Nothing was held."""
        return False


def of(delivery_id: str, worker: str, is_told_to_stop: Callable[[], bool]) -> Charge:
    """Return what a delivery is about."""
    if wakeups.is_wakeup(delivery_id):
        return WakeupInCharge(delivery_id, wakeups.Waker(worker, is_told_to_stop))
    if wakeups.is_of_a_row(delivery_id):
        return JobInCharge(delivery_id, worker)
    return StrayInCharge()
