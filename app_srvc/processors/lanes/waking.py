"""Wake workers for what is to be done. What is lost on the way is sent again at the next tick."""

import logging

from app_srvc import db
from app_srvc.errors import EngineDown
from app_srvc.jobs import wakeups
from app_srvc.processors.repository import lanes, loops

log = logging.getLogger(__name__)

CYCLE = "cycle"
LANE = "lane"


def wake_reader(processor_id: int, epoch: int) -> None:
    """Let a worker open a cycle."""
    _send([wakeups.make_id(CYCLE, processor_id, epoch)])


def wake_for_start(processor_id: int) -> None:
    """Let a worker open the first cycle of a processor that somebody has just started."""
    with db.transaction() as conn:
        processor = loops.get(conn, processor_id)
    if processor is not None:
        wake_reader(processor_id, processor.epoch)


def wake_lanes(processor_id: int) -> None:
    """Let workers take what waits in the open cycle, as many as may."""
    with db.transaction() as conn:
        free = lanes.free(conn, processor_id)
    # Each time that a lane is held it has another token: an id is never in use twice.
    _send([wakeups.make_id(LANE, processor_id, lane.number, lane.seq) for lane in free])


def _send(wakeup_ids: list[str]) -> None:
    try:
        wakeups.send(wakeup_ids)
    except EngineDown as error:
        log.debug("workers are woken later: %s", error)
