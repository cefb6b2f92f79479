"""What the one worker that dispatches does for the overview: it keeps a day of history.

Each minute is recorded once, whoever else believes to dispatch: its time is part of the key.
"""

import time

from app_srvc import db
from app_srvc.admission import repository as refusals
from app_srvc.ops.repository import samples, servers
from app_srvc.queues import Queue

FILES_SECONDS = 600.0
# After a tick that failed; others of the same worker wait for this one.
PAUSE_SECONDS = 60.0

_next_at = 0.0


def tick(_seconds_held: float) -> None:
    """Record the last minute, if that has not been done."""
    global _next_at  # noqa: PLW0603  # One process of all does this, in one thread.
    if time.monotonic() < _next_at:
        return
    _next_at = time.monotonic() + PAUSE_SECONDS
    _next_at = time.monotonic() + sample()


def sample() -> float:
    """Record the last minute, unless it is recorded, and return the seconds until the next."""
    with db.transaction() as conn:
        seconds = samples.record(conn, list(Queue))
        samples.forget_old(conn)
        refusals.forget_old_refusals(conn)
    with db.transaction() as conn:
        servers.count_files(conn, FILES_SECONDS)
    return seconds
