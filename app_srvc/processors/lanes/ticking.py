"""What is done once a second for all processors, by the one worker that dispatches.

It takes back what is lost, closes cycles that have ended, and wakes workers for the rest. A tick
that is missed is not made up for: the next one finds the same rows.
"""

import logging
import time

from app_srvc import db, settings
from app_srvc.errors import DatabaseDown
from app_srvc.processors.lanes import waking
from app_srvc.processors.repository import cycles, keeping, lanes, sweeping
from app_srvc.processors.repository.cycles import Due

log = logging.getLogger(__name__)

# Workers show that they live this often.
SHOWN_SECONDS = 5.0
MOST_FAILURES = 3
ARCHIVE_SECONDS = 60.0
ARCHIVED_AT_ONCE = 500

_archive_at = 0.0


def tick(seconds_held: float) -> None:
    """Do what is due. `seconds_held` is for how long this process has looked on without a gap.

    Workers that could not show that they live, as nobody could reach the database, get so long
    to do so first.
    """
    silent_seconds = settings.load().lease_seconds + SHOWN_SECONDS
    with db.transaction() as conn:
        if seconds_held >= silent_seconds:
            lanes.release_silent(conn, silent_seconds)
            sweeping.sweep(conn, silent_seconds)
        due = cycles.due(conn)
    failed = 0
    for processor in due:
        try:
            _move_on(processor)
        except DatabaseDown:
            # It may be a statement about this one that takes too long: the others go on.
            failed += 1
            if failed == MOST_FAILURES:
                raise
            log.exception("processor %d cannot be moved on", processor.processor_id)
    _archive()


def _move_on(processor: Due) -> None:
    if not processor.is_open:
        waking.wake_reader(processor.processor_id, processor.epoch)
        return
    with db.transaction() as conn:
        is_closed = cycles.close_cycle(conn, processor.processor_id)
    if not is_closed:
        waking.wake_lanes(processor.processor_id)


def _archive() -> None:
    """Archive a few records: as often as there are any, and otherwise look now and then."""
    global _archive_at  # noqa: PLW0603  # One process of all does this, in one thread.
    if time.monotonic() < _archive_at:
        return
    with db.transaction() as conn:
        processor_ids = keeping.all_ids(conn)
    moved = 0
    for processor_id in processor_ids:
        with db.transaction() as conn:
            moved += keeping.archive(conn, processor_id, ARCHIVED_AT_ONCE)
    _archive_at = 0.0 if moved else time.monotonic() + ARCHIVE_SECONDS
