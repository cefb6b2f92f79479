"""All limits as operators see them: how much each lets in, what is in, and whom it has refused."""

from collections.abc import Iterable
from typing import NamedTuple

from app_srvc import settings
from app_srvc.admission import repository
from app_srvc.admission.refusals import Kind, Limit
from app_srvc.admission.repository import Refused
from app_srvc.db import Connection
from app_srvc.queues import Queue
from app_srvc.settings.limits import Rate
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
    """A limit, how often it has refused, and how often it let somebody in uncounted."""

    standing: Standing
    refused: Refused
    opened: Refused


def rows(conn: Connection, others: Iterable[Standing] = ()) -> list[Row]:
    """Return all limits there are: of queues, `others`, which the caller has asked for, and rates.

    What was refused within the last second is not among it yet, unless `refusals.flush` was called.
    """
    found = {(one.kind, one.name): one for one in repository.refused(conn)}
    told = []
    for standing in (*_queues(conn), *others, *_rates()):
        kind, name = standing.limit
        refused = found.get((kind, name), Refused(kind, name))
        opened = found.get((Kind.OPEN, name)) if kind is Kind.RATE else None
        opened = opened or Refused(Kind.OPEN, name)
        told.append(Row(standing, refused, opened))
    return told


def _queues(conn: Connection) -> Iterable[Standing]:
    for queue in Queue:
        most = settings.load().most_waiting(queue)
        if most is not None:
            waiting = repository.count_waiting(conn, queue, most)
            yield Standing(Limit(Kind.QUEUE, queue), queue.label, most, taken=waiting)


def _rates() -> Iterable[Standing]:
    for rate in Rate:
        number, seconds = settings.load().allowance(rate) or (None, None)
        yield Standing(Limit(Kind.RATE, rate), rate.label, number, seconds)
