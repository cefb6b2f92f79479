"""Wake-ups: deliveries that no row stands behind.

What is to be done stands in tables of a service's own, and is looked up when the wake-up arrives.
One that is lost is sent again by whoever keeps those tables; one too many finds nothing to do.
"""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from app_srvc import engines
from app_srvc.db import Connection
from app_srvc.engines.protocol import Delivery
from app_srvc.queues import Queue

# Of what an engine takes in an id: it is not in those of jobs, which are UUIDs.
SEPARATOR = "_"


class Waker(NamedTuple):
    """The worker that was woken: its name, and whether it was told to stop meanwhile."""

    worker: str
    is_told_to_stop: Callable[[], bool]


class Errand(NamedTuple):
    """What a kind of wake-up makes a worker do.

    `run` does it, in a process of its own. `must_end` is asked about once a second whether that
    process is to be ended, and `settle` is called when it is gone, however it ended; the last
    argument says whether it was ended on purpose. Both get the name of the worker.
    """

    name: str
    queue: Queue
    timeout_seconds: int
    run: Callable[..., None]
    must_end: Callable[[Connection, str], bool]
    settle: Callable[[Connection, str, bool], None]


_errands: dict[str, Errand] = {}


def register(errand: Errand) -> None:
    """Let workers run this kind of errand."""
    _errands[errand.name] = errand


def find(wakeup_id: str) -> Errand | None:
    """Return the errand of a wake-up; None when the id is a job's, or its errand is gone."""
    return _errands.get(wakeup_id.partition(SEPARATOR)[0])


def is_wakeup(delivery_id: str) -> bool:
    """Say whether the id is that of a wake-up."""
    return SEPARATOR in delivery_id


def is_of_a_row(delivery_id: str) -> bool:
    """Say whether the id is one that a row can have."""
    try:
        return str(UUID(delivery_id)) == delivery_id
    except ValueError:
        return False


def numbers(wakeup_id: str) -> tuple[int, ...]:
    """Return what the errand is about.

    Raises:
        ValueError: nobody but somebody with access to the queue's server can have sent this.
    """
    return tuple(int(number) for number in wakeup_id.split(SEPARATOR)[1:])


def make_id(errand: str, *about: int) -> str:
    """Return the id of a wake-up. The same wake-up has the same id."""
    return SEPARATOR.join([errand, *map(str, about)])


def send(wakeup_ids: list[str]) -> int:
    """Send the wake-ups that are not waiting already, and return how many those are.

    Raises:
        EngineDown: the queue server does not answer.
    """
    by_errand: dict[Errand, list[str]] = {}
    for wakeup_id in wakeup_ids:
        errand = _errands[wakeup_id.partition(SEPARATOR)[0]]
        by_errand.setdefault(errand, []).append(wakeup_id)
    sent = 0
    for errand, ids in by_errand.items():
        engine = engines.of(errand.queue)
        for wakeup_id in engine.missing(errand.queue, ids):
            engine.enqueue(
                Delivery(
                    wakeup_id, errand.queue, errand.name, errand.timeout_seconds, is_shown=False
                )
            )
            sent += 1
    return sent
