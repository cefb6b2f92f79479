"""Sees to it that every row moves on, whatever the engine or a worker has lost.

It runs as a thread in each worker; the one that holds an advisory lock acts, so there is no
process more to watch. It takes back what runs under an expired lease, releases what is due,
enqueues what waits and is in no queue, and sweeps jobs and files away whose time is up.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar

from app_srvc import db, engines, settings, storage
from app_srvc.errors import DatabaseDown, EngineDown
from app_srvc.jobs import deleting, registry, submission
from app_srvc.jobs.gate import Gate
from app_srvc.jobs.post import Post
from app_srvc.jobs.repository import deliveries, history, leases, outcomes, workers
from app_srvc.jobs.states import State
from app_srvc.storage import repository as files
from app_srvc.words import _

log = logging.getLogger(__name__)

PASS_SECONDS = 1.0
# Looking through a very long queue may take this share of the time, and pause for so long.
LARGEST_SHARE = 0.1
LONGEST_PAUSE_SECONDS = 5.0
# A job this young is on its way: its own request hands it to the engine.
SETTLED_SECONDS = 2.0
SWEEP_SECONDS = 5.0
HOUSEKEEPING_SECONDS = 3600.0
# What is left over after so long is swept next time: other chores wait meanwhile.
LONGEST_SWEEP_SECONDS = 2.0
# So much is done in one go; what is left over is done in the next pass.
AT_ONCE = 200


class Dispatcher:
    """One worker's candidate for the post."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._post = Post()
        self._missing: set[str] = set()
        self._due = dict.fromkeys(self._chores, 0.0)

    def start(self) -> None:
        """Begin to stand by."""
        self._thread.start()

    def stop(self) -> None:
        """Step down."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=db.PATIENCE_SECONDS)
        self._post.leave()

    def run_once(self) -> bool:
        """Do what is due if this is the one that acts, and say whether it is.

        One chore that fails holds up no other.

        Raises:
            DatabaseDown: nothing can be done.
        """
        for chore, next_pause in self._chores.items():
            if time.monotonic() < self._due[chore]:
                continue
            with self._gate.working():
                if not self._post.is_held():
                    return False
            began = time.monotonic()
            try:
                self._try(chore)
            finally:
                self._due[chore] = time.monotonic() + next_pause(time.monotonic() - began)
        return True

    def _run(self) -> None:
        while not self._stop.wait(PASS_SECONDS):
            try:
                self.run_once()
            except DatabaseDown as error:
                log.warning("waiting for the database: %s", error.__cause__ or error)
            except Exception:
                log.exception("a pass failed")

    def _try(self, chore: Callable[["Dispatcher"], None]) -> None:
        try:
            chore(self)
        except EngineDown as error:
            log.debug("waiting for the engine: %s", error)
        except DatabaseDown:
            raise
        except Exception:
            log.exception("a chore failed")

    def _take_back_expired(self) -> None:
        """Let jobs run again whose worker has died.

        After a time in which nobody could renew, everybody gets one lease first.
        """
        if self._post.seconds_held() < settings.load().lease_seconds:
            return
        with self._gate.working(), db.transaction() as conn:
            expired = leases.expired(conn)
        for job in expired:
            with self._gate.working():
                _take_back(job)

    def _release_due(self) -> None:
        with self._gate.working(), db.transaction() as conn:
            due = deliveries.release_due(conn, AT_ONCE)
        for job in due:
            with self._gate.working():
                submission.deliver(job)

    def _deliver_missing(self) -> None:
        """Enqueue what waits but is in no queue, in two passes running.

        Once proves nothing: a worker may just have popped it and not yet taken the row.
        """
        with self._gate.working(), db.transaction() as conn:
            rows = deliveries.waiting(conn, SETTLED_SECONDS)
        missing: set[str] = set()
        for queue in {row.queue for row in rows}:
            # One engine that is away keeps nobody else's jobs waiting.
            with self._gate.working(), suppress(EngineDown):
                ids = [row.id for row in rows if row.queue == queue]
                missing.update(engines.of(queue).missing(queue, ids))
        again = [row for row in rows if row.id in missing & self._missing]
        self._missing = missing
        delivered: set[str] = set()
        for row in again[:AT_ONCE]:
            with self._gate.working():
                if submission.deliver(row):  # Or its server is away; a later pass tries again.
                    delivered.add(row.id)
        self._missing -= delivered
        if delivered:
            log.info("%d waiting jobs were in no queue and are delivered again", len(delivered))

    def _tick(self) -> None:
        for tick in registry.ticks():
            with self._gate.working():
                tick(self._post.seconds_held())

    def _forget_old(self) -> None:
        self._in_rounds(lambda: deleting.forget_old(AT_ONCE), AT_ONCE)

    def _sweep(self) -> None:
        self._in_rounds(storage.sweep, storage.SWEEP_AT_ONCE)

    def _in_rounds(self, sweep: Callable[[], int], most: int) -> None:
        """Sweep again while as many have gone as may in one round, but not for long."""
        until = time.monotonic() + LONGEST_SWEEP_SECONDS
        while not self._stop.is_set():
            with self._gate.working():
                if sweep() < most or time.monotonic() > until:
                    return

    def _keep_house(self) -> None:
        with self._gate.working(), db.transaction() as conn:
            workers.forget_dead(conn)
            files.expire_ownerless(conn)
        for keep_house in registry.housekeepers():
            with self._gate.working(), db.transaction() as conn:
                keep_house(conn)

    # In the order of their urgency, each with its pause after it has taken so many seconds.
    _chores: ClassVar[dict[Callable[["Dispatcher"], None], Callable[[float], float]]] = {
        _take_back_expired: lambda _: 0.0,
        _release_due: lambda _: 0.0,
        _deliver_missing: lambda seconds: min(seconds / LARGEST_SHARE, LONGEST_PAUSE_SECONDS),
        _tick: lambda _: 0.0,
        # Before the files, which go with them.
        _forget_old: lambda _: SWEEP_SECONDS,
        _sweep: lambda _: SWEEP_SECONDS,
        _keep_house: lambda _: HOUSEKEEPING_SECONDS,
    }


def _take_back(job: leases.Held) -> None:
    with db.transaction() as conn:
        reason = _("The worker that ran it has not been heard of.")
        state = outcomes.fail(
            conn, job.id, job.attempt, reason, pause_seconds=0, outcome="lost",
            handed_over=job.handed_over,
        )  # fmt: skip
        if state is not None:
            history.add_line(conn, job.id, reason)
            log.warning("job %s was lost by its worker and is %s now", job.id, state)
    if state == State.WAITING:
        submission.redeliver(job.id)
