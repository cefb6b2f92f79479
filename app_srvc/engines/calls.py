"""What an engine does for quick calls: functions that are answered while somebody waits.

An order is one call on its way to a worker. It is in the system from the moment it is let in
until it has ended, and as long holds one of so many places. A place is a lease: whoever waits for
the call renews it, and whoever runs it; so what dies with its process is free again soon.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from app_srvc.engines.protocol import Stoppable


class Order(NamedTuple):
    """A call that nothing but the engine knows of; it is lost when the engine loses it.

    `place` names what is limited, `call` is what to call in words of the worker's side, and
    `signed` proves that it comes from ours. Whoever asks hears of its end at `reply_to`.
    """

    id: str
    queue: str
    place: str
    call: str
    signed: str
    reply_to: str
    timeout_seconds: int


class Taken(NamedTuple):
    """What a worker has taken out of a queue: an order, or without `call` the job of a row."""

    id: str
    queue: str
    place: str
    timeout_seconds: int
    call: str
    signed: str
    reply_to: str


class Answer(NamedTuple):
    """How a call has ended. `body` is JSON when it is `done`, and else a packed sentence."""

    kind: str
    body: str


DONE, FAILED, LOST = "done", "failed", "lost"


class Let(Enum):
    """What became of an order that was to be let in."""

    IN = 1
    ALL_PLACES_TAKEN = 0
    QUEUE_FULL = -1


class Waiting(NamedTuple):
    """A call that somebody waits for: an order, or with `has_row` a job of the same id."""

    id: str
    place: str
    has_row: bool


class Standing(NamedTuple):
    """How an order stands for whoever comes back for it. `owner` is what `keep` was given."""

    owner: str
    answer: Answer | None


class Calls(Protocol):
    """The web's side. What cannot reach the server raises EngineDown within half a second."""

    def submit(self, order: Order, limit: int, most_waiting: int) -> Let:
        """Let an order in and queue it, at once or not at all."""

    def reserve(self, job_id: str, place: str, limit: int) -> bool:
        """Take a place for a job that is about to be submitted; False when all are taken."""

    def release(self, job_id: str, place: str) -> None:
        """Give back the place of a job that has ended unseen, or never came to be."""

    def withdraw(self, order: Order) -> bool:
        """Take an order back; False when a worker has begun with it."""

    def keep(self, call_id: str, owner: str, seconds: int) -> Answer | None:
        """Let the answer wait for so long, for nobody listens any more; return it if it is there.

        One that is lost already is answered as lost.
        """

    def find(self, call_id: str) -> Standing | None:
        """Return how a kept order stands; None when there is none of that id any more."""

    def look(self, waiting: Sequence[Waiting]) -> dict[str, Answer | None]:
        """Renew places, and return what is news: answers, and None for orders that are gone."""

    def taken(self, places: Sequence[str]) -> list[int]:
        """Return how many places are taken of each."""

    def listen(
        self, reply_to: str, tell: Callable[[str, Answer], None], ready: Callable[[], None]
    ) -> None:
        """Tell of each end of a call whose orders reply here, for as long as the server lives.

        `ready` is called as soon as nothing is missed any more.
        """

    def work(
        self, queues: Sequence[str], name: str, attendant: "CallAttendant", threads: int
    ) -> None:
        """Answer calls, so many at once in this process, until it is told to stop.

        Of the queues the first one that holds something goes first.

        Raises:
            SystemExit: a call hangs, and the process is to be replaced.
        """


class CallAttendant(Stoppable, Protocol):
    """What the worker's side of the engine calls, from several threads."""

    def perform(self, taken: Taken) -> Answer | None:
        """Run it and return its end; None for the job of a row, which has heard of it. Never
        raises."""

    def give_up(self, taken: Taken) -> Answer | None:
        """Settle what hangs in this process, which is about to end; return as `perform` does."""

    def give_back(self, taken: Taken) -> Answer | None:
        """Settle what is broken off as the process has to stop; return as `perform` does."""

    def on_failure(self, job_id: str, error: BaseException) -> None:
        """Hear of a job that the engine believes abandoned."""

    def beat(self) -> None:
        """Show that the process lives; it is called several times a second."""
