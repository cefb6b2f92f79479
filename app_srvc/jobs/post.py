"""The post of dispatcher: one process of all holds it, as long as it shows that it lives."""

import logging
import time

from app_srvc import db, settings
from app_srvc.errors import DatabaseDown
from app_srvc.jobs.repository import posts

log = logging.getLogger(__name__)

# PostgreSQL ends the session of a holder that is silent for longer: one that is frozen, or on a
# machine that has lost its power, would keep the post for hours.
SILENCE_SECONDS = 15
# A pause between two looks that is longer than any of ours: the machine, or the database's, slept.
SLEPT_SECONDS = 8.0


class Post:
    """This process's claim to the post: an advisory lock, which goes with its connection."""

    def __init__(self) -> None:
        self._conn: db.Connection | None = None
        self._since: float | None = None
        self._looked_at = 0.0

    def is_held(self) -> bool:
        """Try to take the post, or see that it is still held.

        Raises:
            DatabaseDown: the database did not answer; the post is given up.
        """
        try:
            if self._conn is None:
                self._conn = db.connect()
                self._conn.autocommit = True
                posts.end_when_silent(self._conn, SILENCE_SECONDS)
            is_mine, now = posts.hold(self._conn, is_held=self._since is not None)
        except db.ERRORS as error:
            self.leave()
            raise DatabaseDown from error
        if is_mine:
            self._see(now)
        return is_mine

    def seconds_held(self) -> float:
        """Return for how long this process has held the post without a gap, by its own clock."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    def leave(self) -> None:
        """Give the post up."""
        if self._conn is not None:
            db.discard(self._conn)
        self._conn = self._since = None

    def _see(self, now: float) -> None:
        slept = max(SLEPT_SECONDS, settings.load().lease_seconds / 2)
        if self._since is None:
            log.info("this worker dispatches now")
            self._since = time.monotonic()
        elif not -1.0 < now - self._looked_at < slept:
            log.warning(
                "time has jumped by %.0f s; each worker gets a lease", now - self._looked_at
            )
            self._since = time.monotonic()
        self._looked_at = now
