"""Sees to it that every row moves on, whatever the engine or a worker has lost.

It runs as a thread in each worker; the one that holds an advisory lock acts, so there is no
process more to watch. A pass enqueues what waits and is in no queue, takes back what runs under
an expired lease, releases what is due, and sweeps files away whose time is up.
"""

import logging
import threading
import time
from collections import defaultdict
from contextlib import AbstractContextManager
from typing import Any

from app_srvc import db, engines, settings, storage
from app_srvc.errors import Conflict, DatabaseDown, EngineDown
from app_srvc.jobs import submission
from app_srvc.jobs.repository import chores, outcomes
from app_srvc.jobs.states import State
from app_srvc.storage import repository as files

log = logging.getLogger(__name__)

LOCK = 243743
PASS_SECONDS = 1.0
# A pass may take this share of the time, so that a very long queue is looked at less often.
LARGEST_SHARE = 0.1
# A job this young is on its way: its own request hands it to the engine.
SETTLED_SECONDS = 2.0
SWEEP_SECONDS = 5.0
HOUSEKEEPING_SECONDS = 3600.0
FORGET_AT_ONCE = 200


class Dispatcher:
    """One worker's candidate for the post."""

    def __init__(self, guard: AbstractContextManager[Any]) -> None:
        self._guard = guard
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._lock_holder: db.Connection | None = None
        self._since = 0.0
        self._missing: set[str] = set()
        self._due: dict[str, float] = defaultdict(float)

    def start(self) -> None:
        """Begin to stand by."""
        self._thread.start()

    def stop(self) -> None:
        """Step down."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=db.PATIENCE_SECONDS)
        self._step_down()

    def run_once(self) -> bool:
        """Do one pass if this is the one that acts, and say whether it is."""
        if not self._is_in_charge():
            return False
        self._deliver_missing()
        self._take_back_expired()
        self._release_due()
        if self._is_time("sweep", SWEEP_SECONDS):
            storage.sweep()
        if self._is_time("housekeeping", HOUSEKEEPING_SECONDS):
            keep_house()
        return True

    def _run(self) -> None:
        pause = PASS_SECONDS
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                with self._guard:
                    self.run_once()
            except (DatabaseDown, EngineDown) as error:
                log.warning("waiting for a server: %s", error.__cause__ or error)
            except Exception:
                log.exception("a pass failed")
            pause = max(PASS_SECONDS, (time.monotonic() - began) / LARGEST_SHARE)

    def _is_in_charge(self) -> bool:
        """Take the lock, or see that it is still held. It goes with its connection."""
        try:
            if self._lock_holder is None:
                self._lock_holder = db.connect()
                self._lock_holder.autocommit = True
                self._since = 0.0
            with self._lock_holder.cursor() as cur:
                if self._since:
                    cur.execute("SELECT 1")
                    return True
                cur.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,))
                row = cur.fetchone()
            if row is not None and row[0]:
                self._since = time.monotonic()
                log.info("this worker dispatches now")
        except db.ERRORS as error:
            self._step_down()
            raise DatabaseDown from error
        return self._since > 0

    def _step_down(self) -> None:
        if self._lock_holder is not None:
            db.discard(self._lock_holder)
        self._lock_holder, self._since = None, 0.0

    def _deliver_missing(self) -> None:
        """Enqueue what waits but is in no queue, in two passes running.

        Once proves nothing: a worker may just have popped it and not yet taken the row.
        """
        with db.transaction() as conn:
            rows = chores.waiting(conn, SETTLED_SECONDS)
        queues = {row.queue for row in rows}
        held = {queue: engines.current().waiting(queue) for queue in queues}
        missing = [
            row for row in rows if (ids := held[row.queue]) is not None and row.id not in ids
        ]
        for row in missing:
            if row.id in self._missing and not submission.deliver(row):
                return  # The server is away; the next pass tries again.
        delivered = {row.id for row in missing} & self._missing
        if delivered:
            log.info("%d waiting jobs were in no queue and are delivered again", len(delivered))
        self._missing = {row.id for row in missing} - delivered

    def _take_back_expired(self) -> None:
        """Let jobs run again whose worker has died.

        After an outage of the database nobody could renew: everybody gets one lease of time.
        """
        if time.monotonic() - self._since < settings.load().lease_seconds:
            return
        with db.transaction() as conn:
            expired = chores.expired(conn)
        for job in expired:
            with db.transaction() as conn:
                reason = "The worker that ran it has not been heard of."
                state = outcomes.fail(
                    conn, job.id, job.attempt, reason, pause_seconds=0, outcome="lost"
                )
                if state is not None:
                    chores.add_log(conn, job.id, reason)
                    log.warning("job %s was lost by its worker and is %s now", job.id, state)
            if state == State.WAITING:
                submission.redeliver(job.id)

    def _release_due(self) -> None:
        with db.transaction() as conn:
            due = chores.release_due(conn)
        for job in due:
            submission.deliver(job)

    def _is_time(self, chore: str, every_seconds: float) -> bool:
        if time.monotonic() < self._due[chore]:
            return False
        self._due[chore] = time.monotonic() + every_seconds
        return True


def keep_house() -> None:
    """Forget what is older than the history that is kept, and workers that died."""
    with db.transaction() as conn:
        chores.forget_dead_workers(conn)
        files.expire_ownerless(conn)
        old = chores.forget_old(conn, settings.load().history_days, FORGET_AT_ONCE)
    for job_id in old:
        try:
            submission.delete(job_id)
        except Conflict:
            log.info("job %s was tried again meanwhile", job_id)
