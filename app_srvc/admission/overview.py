"""All limits as operators see them: how much each lets in, what is in, and whom it has refused."""

from collections.abc import Iterable
from typing import NamedTuple

from app_srvc import settings
from app_srvc.admission import repository
from app_srvc.admission.refusals import Kind, Limit
from app_srvc.db import Connection
from app_srvc.queues import Queue
from app_srvc.words import Sentence


class Standing(NamedTuple):
    """A limit, and how much of it is taken.

    It lets in `most` at once or, where `seconds` says so, within so many seconds for each client;
    None lets everything in. `taken` is None where that is not one number, as it is for each client,
    or where it cannot be told now.
    """

    limit: Limit
    label: Sentence | str
    most: int | None
    seconds: int | None = None
    taken: int | None = None


class Row(NamedTuple):
    """A limit, and how often it has refused, in the last hour, the last day, and since ever.

    `opened` is how often within a day it let somebody in uncounted.
    """

    standing: Standing
    hour: int = 0
    day: int = 0
    total: int = 0
    opened: int = 0


def rows(conn: Connection, others: Iterable[Standing] = ()) -> list[Row]:
    """Return all limits there are: of queues, then `others`, which the caller has asked for.

    What was refused within the last second is not among it yet, unless `refusals.flush` was called.
    """
    found = {(one.kind, one.name): one for one in repository.refused(conn)}
    told = []
    for standing in (*_queues(conn), *others):
        kind, name = standing.limit
        row = Row(standing)
        if refused := found.get((kind, name)):
            row = Row(standing, refused.hour, refused.day, refused.total)
        if opened := found.get((Kind.OPEN, name)):
            row = row._replace(opened=opened.day)
        told.append(row)
    return told


def _queues(conn: Connection) -> Iterable[Standing]:
    most = settings.load().max_queue_depth
    for queue in Queue:
        waiting = repository.count_waiting(conn, queue, most)
        yield Standing(Limit(Kind.QUEUE, queue), queue.label, most, taken=waiting)
