"""Open a cycle: read records from where they come from, and claim a batch of them."""

import logging

from app_srvc import db
from app_srvc.jobs.wakeups import Waker
from app_srvc.processors import sources
from app_srvc.processors.handlers.failures import Failure, WrongConfiguration
from app_srvc.processors.lanes import waking
from app_srvc.processors.repository import cycles, lanes, loops
from app_srvc.processors.repository import sources as kept
from app_srvc.processors.repository.loops import Processor
from app_srvc.words import pack

log = logging.getLogger(__name__)

# A source that fails is left alone for at least so long.
SOURCE_PAUSE_SECONDS = 10.0


def read(waker: Waker, processor_id: int, _epoch: int) -> None:
    """Open a cycle if it is time, and wake those who handle its records."""
    with db.transaction() as conn:
        processor = loops.get(conn, processor_id)
    if processor is None or processor.desired != "running":
        return
    if processor.source != kept.INBOX and not _fetch(processor, waker.worker):
        return
    with db.transaction() as conn:
        cycle = cycles.begin(conn, processor_id)
    if cycle is not None:
        log.info("cycle %d of %s began", cycle.id, processor.name)
        waking.wake_lanes(processor_id)


def _fetch(processor: Processor, worker: str) -> bool:
    """Take in what another database has, unless somebody is at it; False when that did not go.

    A slow database would otherwise have one worker after the other wait for it.
    """
    with db.transaction() as conn:
        seq = lanes.acquire(conn, processor.id, lanes.READER, worker)
    if seq is None:
        return False
    try:
        return _take_in(processor)
    finally:
        with db.transaction() as conn:
            lanes.leave(conn, processor.id, lanes.READER, seq)


def _take_in(processor: Processor) -> bool:
    """Take in what another database has; False, with the reason kept, when it cannot be read."""
    try:
        sources.fetch(processor, processor.batch_size)
    except Failure as failure:
        log.warning("%s: the source cannot be read: %s", processor.name, failure)
        with db.transaction() as conn:
            kept.note_unread(
                conn, processor.id, pack(failure.sentence),
                max(SOURCE_PAUSE_SECONDS, failure.after_seconds),
            )  # fmt: skip
            if isinstance(failure, WrongConfiguration):
                loops.pause(conn, processor.id, pack(failure.sentence))
        return False
    with db.transaction() as conn:
        kept.note_read(conn, processor.id)
    return True
