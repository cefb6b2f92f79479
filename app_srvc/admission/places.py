"""How many calls of a kind may be in the system at once, over all web processes.

A place is a lease in Redis (`engines.calls` says who renews it), so nothing has to be counted
right: what a killed process held runs out, and what a flushed Redis has forgotten is taken again
by those who still hold it. While Redis does not answer nobody is let in.
"""

from collections.abc import Mapping, Sequence
from typing import NoReturn

from app_srvc import engines, settings
from app_srvc.admission import refusals
from app_srvc.admission.overview import Standing
from app_srvc.admission.refusals import Kind, Limit
from app_srvc.errors import EngineDown, QueueFull, TooBusy
from app_srvc.words import _

ENDLESS = 10**9


class AllTaken(TooBusy):
    says = _("As many of these calls as may be are under way. Please try again in a moment.")
    headers: Mapping[str, str] = {"Retry-After": "1"}


class CallsDown(TooBusy):
    says = _("Calls cannot be answered just now. Please try again in a moment.")
    headers: Mapping[str, str] = {"Retry-After": "5"}


def limit_of(name: str) -> int:
    """Return how many calls of that name may be in the system."""
    wanted = settings.load()
    return wanted.call_limits.get(name, wanted.call_limit)


def place_of(name: str) -> str:
    """Return what the engine calls the places of a call: the name of its task."""
    return f"calls.{name}"


def most_waiting(queue: str) -> int:
    """Return how many calls may wait in a queue."""
    most = settings.load().most_waiting(queue)
    return ENDLESS if most is None else most


def refuse_for(queue: str) -> NoReturn:
    """Refuse, and count that, what found its queue full.

    Raises:
        QueueFull: always.
    """
    refusals.count(Kind.QUEUE, queue)
    raise QueueFull


def require(name: str, *, is_let_in: bool) -> None:
    """Refuse, and count that, what was not let in.

    Raises:
        AllTaken: it was not.
    """
    if not is_let_in:
        refusals.count(Kind.CALL, name)
        raise AllTaken


def standings(names: Sequence[str]) -> list[Standing]:
    """Return each limit with the places that are taken, for operators."""
    taken: Sequence[int | None]
    try:
        taken = engines.for_calls().taken([place_of(name) for name in names])
    except EngineDown:
        taken = [None] * len(names)
    return [
        Standing(Limit(Kind.CALL, name), f"/call/{name}", limit_of(name), taken=number)
        for name, number in zip(names, taken, strict=True)
    ]
