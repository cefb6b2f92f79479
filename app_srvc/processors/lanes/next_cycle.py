"""How a lane goes on to the next cycle, without leaving, when none is to be paused before."""

import time

from app_srvc import db
from app_srvc.processors.lanes import waking
from app_srvc.processors.lanes.turn import Turn
from app_srvc.processors.repository import cycles
from app_srvc.processors.repository.loops import Processor
from app_srvc.processors.repository.sources import INBOX

# While others have the last records of a cycle, the next one is waited for so long: to leave and to
# be woken again takes about as long. It is looked for so often.
LINGER_SECONDS = 0.3
LOOK_SECONDS = 0.01


def begin(processor: Processor, turn: Turn) -> bool:
    """Close the cycle if this was its last record, and begin the next one if there is no pause."""
    with db.transaction() as conn:
        is_closed = cycles.close_cycle(conn, processor.id)
        if not is_closed or processor.source != INBOX or turn.is_over():
            return False
        cycle = cycles.begin(conn, processor.id)
    if cycle is None:
        return False
    waking.wake_lanes(processor.id)
    return True


def linger(processor: Processor, turn: Turn) -> bool:
    """Wait for the cycle that begins when others have ended this one, if that is soon."""
    if processor.pause_seconds > 0 or processor.source != INBOX:
        return False
    with db.transaction() as conn:
        old = cycles.find_open(conn, processor.id)
    end = time.monotonic() + LINGER_SECONDS
    while old is not None and time.monotonic() < end and not turn.is_over():
        time.sleep(LOOK_SECONDS)
        with db.transaction() as conn:
            if cycles.find_open(conn, processor.id) != old:
                return True
    return False
