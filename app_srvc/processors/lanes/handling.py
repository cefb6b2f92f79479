"""Handle one record, and say what is to be written about it."""

import logging
from collections.abc import Callable
from uuid import UUID

from app_srvc.db import Connection
from app_srvc.processors.handlers.failures import Failure, LostRecord, Transient, WrongConfiguration
from app_srvc.processors.handlers.protocol import Done, Handler, Payload, Record
from app_srvc.processors.lanes import faults
from app_srvc.processors.lanes.context import WorkContext
from app_srvc.processors.repository import failing, loops, records
from app_srvc.processors.repository.records import Taken
from app_srvc.words import _, pack

log = logging.getLogger(__name__)

# Writes what became of a record, in a transaction that takes the next one as well.
Report = Callable[[Connection], None]


def attempt(
    make: Callable[[], Handler], taken: Taken, processor_id: int, context: WorkContext
) -> Done | Failure:
    """Let a handler do its work, and return what came of it. The process ends if it takes too long.

    Raises:
        LostRecord: another worker has the record.
    """
    record = Record(
        taken.id, processor_id, taken.source_key, taken.order_key, UUID(taken.idem_key),
        taken.attempt, Payload(taken.media_type, taken.body),
    )  # fmt: skip
    context.arm()
    try:
        return make().handle(record, context)
    except LostRecord:
        raise
    except Failure as failure:
        return failure
    except Exception as error:
        return fault(error)
    finally:
        context.disarm()


def completed(taken: Taken, processor_id: int, done: Done) -> Report:
    """Return what writes that a record is done, together with the effect that goes with it.

    It raises LostRecord when the record is lost, and whatever the effect raises.
    """

    def report(conn: Connection) -> None:
        if done.effect is not None:
            done.effect(conn)
        if not records.complete(conn, taken, done.http_status):
            raise LostRecord
        if taken.is_shaky:
            loops.note_destination(conn, processor_id, failed=False)

    return report


def failed(taken: Taken, processor_id: int, failure: Failure) -> Report:
    """Return what writes that a record could not be handled, and why."""
    log.info("record %d: %s: %s", taken.id, failure.kind, failure)
    message = pack(failure.sentence)
    told = failing.Failure(failure.kind, message, failure.after_seconds, failure.http_status)
    if isinstance(failure, WrongConfiguration):
        return lambda conn: _pause(conn, taken, processor_id, told)

    def report(conn: Connection) -> None:
        if failing.fail(conn, taken, told) is None:
            records.note_late(conn, taken, "late failure", message, failure.http_status)
        elif failure.is_destination:
            loops.note_destination(
                conn, processor_id, failed=True, after_seconds=failure.after_seconds
            )
        elif taken.is_shaky and failure.http_status is not None:
            loops.note_destination(conn, processor_id, failed=False)

    return report


def late(taken: Taken, done: Done) -> Report:
    """Return what writes that a record was done by a worker that had lost it."""
    return lambda conn: records.note_late(conn, taken, "late done", "", done.http_status)


def fault(error: Exception) -> Failure:
    """Return what is told of a fault of the handler."""
    kind = faults.kind_of(error)
    return Transient(_("The handler failed unexpectedly (%(kind)s).", kind=kind))


def _pause(conn: Connection, taken: Taken, processor_id: int, told: failing.Failure) -> None:
    """Let the record wait untouched until somebody has mended the configuration.

    Who has lost the record has nothing to say about the processor. One that the other side refuses
    for the second time, while it lets others in, is not to hold them up for ever: it is dead.
    """
    is_refused = told.http_status is not None
    if is_refused and records.is_refused_alone(conn, taken):
        if failing.fail(conn, taken, told._replace(kind="permanent")) is not None:
            return
    elif records.give_back(conn, taken, is_refused=is_refused):
        loops.pause(conn, processor_id, told.message)
        return
    records.note_late(conn, taken, "late failure", told.message, told.http_status)
