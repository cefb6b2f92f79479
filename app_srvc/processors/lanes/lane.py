"""A lane: takes records of the open cycle one after the other, and handles each.

Killed at any point it leaves nothing behind that others do not find: a record that it has taken
is taken back with its lease or when its worker is missed, and what it reports after that changes
nothing. The end of one record and the take of the next are one commit.
"""

import logging
import time

from app_srvc import db
from app_srvc.db import Connection
from app_srvc.errors import DatabaseDown, PerhapsDone
from app_srvc.jobs.wakeups import Waker
from app_srvc.processors import handlers
from app_srvc.processors.handlers.failures import Failure, LostRecord
from app_srvc.processors.handlers.protocol import Done, Handler
from app_srvc.processors.lanes import handling, next_cycle, waking, watchdog
from app_srvc.processors.lanes.context import WorkContext
from app_srvc.processors.lanes.handling import Report
from app_srvc.processors.lanes.turn import Turn
from app_srvc.processors.repository import cycles, lanes, loops, sweeping, taking
from app_srvc.processors.repository.loops import Processor
from app_srvc.processors.repository.records import Lane, Taken

log = logging.getLogger(__name__)

# It waits for a slot under the rate, if that comes within so long.
SLOT_SECONDS = 2.0
DATABASE_PAUSE_SECONDS = 0.5


def work(waker: Waker, processor_id: int, number: int, _token: int = 0) -> None:
    """Hold the lane of that number, if it is free, and handle records until there is a reason
    to leave: none waits, a stop, fewer handlers, another processor's turn."""
    with db.transaction() as conn:
        # A worker has one record at a time: what it holds is of a process that is gone.
        sweeping.take_back(conn, waker.worker)
        seq = lanes.acquire(conn, processor_id, number, waker.worker)
        processor = loops.get(conn, processor_id)
    if seq is None or processor is None:
        return
    lane = Lane(processor_id, number, seq, waker.worker)
    try:
        _Work(lane, processor, waker).go_on()
    finally:
        watchdog.stop()
        with db.transaction() as conn:
            lanes.leave(conn, processor_id, number, seq)
            cycles.close_cycle(conn, processor_id)
        waking.wake_lanes(processor_id)


class _Work:
    """What one lane does from when it is taken until it is left."""

    def __init__(self, lane: Lane, processor: Processor, waker: Waker) -> None:
        self._lane = lane
        self._turn = Turn(waker.is_told_to_stop)
        self._cycle: int | None = None
        self._took_from = 0.0
        self._in_work = 0
        self._learn(processor)

    def go_on(self) -> None:
        """Handle one record after the other, and one cycle after the other if none is to pause."""
        while True:
            taken = self._take()
            while taken is not None:
                taken = self._handle(taken) or self._take()
            self._cycle = None
            if not (
                next_cycle.begin(self._processor, self._turn)
                or next_cycle.linger(self._processor, self._turn)
            ):
                return

    def _learn(self, processor: Processor) -> None:
        self._processor = processor
        self._handler: Handler | None = None

    def _take(self) -> Taken | None:
        """Take a record in a transaction of its own."""
        if self._turn.is_over() or not self._wait_for_slot():
            return None
        self._took_from = time.monotonic()
        with db.transaction() as conn:
            return self._take_within(conn)

    def _take_within(self, conn: Connection) -> Taken | None:
        if self._cycle is None:
            self._cycle = cycles.find_open(conn, self._lane.processor_id)
        return taking.take(conn, self._lane, self._cycle) if self._cycle is not None else None

    def _handle(self, taken: Taken) -> Taken | None:
        """Handle a record; return the next one if it was taken with this one's end."""
        if taken.version != self._processor.version:
            with db.transaction() as conn:
                self._learn(loops.get(conn, self._lane.processor_id) or self._processor)
        self._turn.is_used_up, self._in_work = self._processor.own_process, taken.id
        context = WorkContext(taken, self._took_from, parks=self._processor.on_unknown == "park")
        processor_id = self._lane.processor_id
        try:
            outcome = handling.attempt(self._made_handler, taken, processor_id, context)
        except LostRecord:
            return None
        if isinstance(outcome, Failure):
            return self._report(handling.failed(taken, processor_id, outcome))
        return self._complete(taken, outcome, has_called=context.has_called)

    def _complete(self, taken: Taken, outcome: Done, *, has_called: bool) -> Taken | None:
        """Commit that a record is done, or what became of it in the last moment."""
        processor_id = self._lane.processor_id
        try:
            if outcome.effect is None and not taken.is_shaky and self._processor.rate is None:
                return self._end_and_take(taken, outcome, is_durable=has_called)
            return self._report(handling.completed(taken, processor_id, outcome))
        except LostRecord:
            return self._report(handling.late(taken, outcome))
        except Failure as failure:
            return self._report(handling.failed(taken, processor_id, failure))
        except DatabaseDown:
            raise
        except Exception as error:
            return self._report(handling.failed(taken, processor_id, handling.fault(error)))

    def _made_handler(self) -> Handler:
        if self._handler is None:
            self._handler = handlers.make(self._processor.handler, self._processor.config)
        return self._handler

    def _end_and_take(self, taken: Taken, done: Done, *, is_durable: bool) -> Taken | None:
        """Commit that a record is done, with the take of the next one, in one round trip.

        Of a record that has called nothing nobody else knows: to handle it again does no harm.
        """
        self._took_from = time.monotonic()
        try:
            with db.transaction(is_one_statement=True) as conn:
                is_done, following = taking.complete_and_take(
                    conn, taken, done.http_status, self._lane,
                    None if self._turn.is_over() else self._cycle, is_durable=is_durable,
                )  # fmt: skip
        except DatabaseDown as error:
            watchdog.stop()
            time.sleep(DATABASE_PAUSE_SECONDS)
            report = handling.completed(taken, self._lane.processor_id, done)
            return self._report(report, is_doubtful=isinstance(error, PerhapsDone))
        if not is_done:
            raise LostRecord
        return following

    def _report(self, report: Report, *, is_doubtful: bool = False) -> Taken | None:
        """Commit what became of a record, with the take of the next one.

        A database that is away is waited for while the record is ours.
        """
        deadline = time.monotonic() + self._processor.lease_seconds
        while True:
            self._took_from = time.monotonic()
            try:
                with db.transaction() as conn:
                    if is_doubtful:
                        # If that commit stands, a record was taken that nobody has begun.
                        sweeping.give_back(conn, self._lane.owner, but=self._in_work)
                    report(conn)
                    if self._processor.rate is not None or self._turn.is_over():
                        return None
                    return self._take_within(conn)
            except DatabaseDown as error:
                watchdog.stop()
                if time.monotonic() > deadline:
                    raise
                is_doubtful |= isinstance(error, PerhapsDone)
                time.sleep(DATABASE_PAUSE_SECONDS)

    def _wait_for_slot(self) -> bool:
        """Wait for the next slot under the rate; False when that is far away."""
        if self._processor.rate is None:
            return True
        with db.transaction() as conn:
            seconds = loops.next_slot(conn, self._lane.processor_id, SLOT_SECONDS)
        time.sleep(seconds or 0.0)
        return seconds is not None
