"""Everything that the overview shows, as it is at one moment."""

from datetime import datetime
from typing import NamedTuple

from app_srvc import db, engines, storage
from app_srvc.admission import overview, places, refusals
from app_srvc.admission.overview import Row
from app_srvc.calls import known as known_calls
from app_srvc.errors import EngineDown
from app_srvc.ops.repository import failures, queues, samples, servers, staff
from app_srvc.ops.repository.failures import Failures
from app_srvc.ops.repository.queues import QueueStanding
from app_srvc.ops.repository.samples import Day
from app_srvc.ops.repository.servers import Kept, Outbox, PostgreSQL
from app_srvc.ops.repository.staff import Worker
from app_srvc.processors.repository import reading
from app_srvc.processors.repository.reading import Standing
from app_srvc.queues import Queue
from app_srvc.storage.room import Room


class Overview(NamedTuple):
    """What operators see. `delivered` is what waits in the queue server, None when that is down.

    `room` is None when the storage cannot be reached.
    """

    at: datetime
    queues: list[QueueStanding]
    limits: list[Row]
    delivered: dict[str, int] | None
    workers: list[Worker]
    failures: Failures
    processors: list[Standing]
    outbox: Outbox
    kept: Kept | None
    room: Room | None
    postgresql: PostgreSQL
    day: Day


def take() -> Overview:
    """Look at everything.

    Raises:
        DatabaseDown: nothing can be told.
    """
    refusals.flush()
    of_calls = places.standings([call.name for call in known_calls.every()])
    with db.transaction() as conn:
        seen = Overview(
            at=servers.clock(conn),
            queues=queues.standings(conn, list(Queue)),
            limits=overview.rows(conn, of_calls),
            delivered=None,
            workers=staff.workers(conn),
            failures=failures.by_kind(conn),
            processors=reading.standings(conn),
            outbox=servers.outbox(conn),
            kept=servers.kept(conn),
            room=None,
            postgresql=servers.postgresql(conn),
            day=samples.day(conn),
        )
    # Without a connection: these may take their time to say that they are away.
    return seen._replace(delivered=_delivered(), room=_room())


def _delivered() -> dict[str, int] | None:
    try:
        if not all(engine.is_up() for engine in engines.every()):
            return None
        return {queue.value: engines.of(queue).depth(queue) for queue in Queue}
    except EngineDown:
        return None


def _room() -> Room | None:
    try:
        return storage.current().room()
    except OSError:
        return None
