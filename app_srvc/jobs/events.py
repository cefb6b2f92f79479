"""Hear of changes to jobs as they commit: one listening connection a process, any number of ears.

PostgreSQL's NOTIFY says that a job changed, not what it is now; whoever hears it reads the row.
When the connection was away everybody is told to look, so that nothing is missed.
"""

import logging
import os
import select
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from app_srvc import db
from app_srvc.errors import DatabaseDown

log = logging.getLogger(__name__)

CHANNEL = "job_changed"
RECONNECT_SECONDS = 1.0
CHECK_SECONDS = 20.0


class Ear:
    """Waits for a change of one job, or of whatever else it was given for."""

    def __init__(self) -> None:
        self._changed = threading.Event()

    def wait(self, seconds: float) -> bool:
        """Wait for a change since the last call; False when there was none in time."""
        heard = self._changed.wait(seconds)
        self._changed.clear()
        return heard

    def tell(self) -> None:
        """Wake whoever waits."""
        self._changed.set()


class Hub:
    """The listening connection of this process and everybody who wants to hear."""

    def __init__(self) -> None:
        self._ears: dict[str, set[Ear]] = defaultdict(set)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.is_closing = False

    @contextmanager
    def listen(self, job_id: str) -> Iterator[Ear]:
        """Give an ear for the changes of a job. Read the row after this, not before."""
        ear = Ear()
        with self._lock:
            self._ears[job_id].add(ear)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
                self._thread.start()
        try:
            yield ear
        finally:
            with self._lock:
                self._ears[job_id].discard(ear)
                if not self._ears[job_id]:
                    del self._ears[job_id]

    def close(self) -> None:
        """Wake everybody for the last time: the process is about to stop."""
        self.is_closing = True
        self._tell_all()

    def _run(self) -> None:
        while not self.is_closing:
            try:
                self._hear()
            except (DatabaseDown, *db.ERRORS) as error:
                log.warning("not listening for changes: %s", error.__cause__ or error)
            except Exception:
                log.exception("not listening for changes")
            time.sleep(RECONNECT_SECONDS)

    def _hear(self) -> None:
        conn = db.connect()
        try:
            conn.autocommit = True
            with conn.cursor() as cur:
                cur.execute(f"LISTEN {CHANNEL}")
            self._tell_all()
            poller = select.poll()
            poller.register(conn.fileno(), select.POLLIN)
            while not self.is_closing:
                if poller.poll(CHECK_SECONDS * 1000):
                    conn.poll()
                else:
                    with conn.cursor() as cur:
                        cur.execute("SELECT 1")
                self._tell({note.payload for note in conn.notifies})
                conn.notifies.clear()
        finally:
            db.discard(conn)

    def _tell(self, job_ids: set[str]) -> None:
        with self._lock:
            ears = [ear for job_id in job_ids for ear in self._ears.get(job_id, ())]
        for ear in ears:
            ear.tell()

    def _tell_all(self) -> None:
        with self._lock:
            job_ids = set(self._ears)
        self._tell(job_ids)


hub = Hub()


def _forget_hub() -> None:
    global hub  # noqa: PLW0603  # A child has no listening thread.
    hub = Hub()


os.register_at_fork(after_in_child=_forget_hub)
