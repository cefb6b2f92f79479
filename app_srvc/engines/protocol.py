"""What an engine is, and what it calls while it works."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from app_srvc.errors import TookTooLong
from app_srvc.words import ngettext

# So many jobs of the first queue are taken before one of another that waits.
FIRST_IN_A_ROW = 4


def took_longer_than(seconds: int) -> TookTooLong:
    """Return what a job ends with that might take so long, and took longer."""
    return TookTooLong(
        ngettext(
            "It took longer than %(num)s second.",
            "It took longer than %(num)s seconds.",
            seconds,
        )
    )


class Stoppable(Protocol):
    """What a worker's process knows of requests to stop."""

    def is_told_to_stop(self) -> bool:
        """Say whether the process was told to stop, by a signal or through the engine."""

    def tell_to_stop(self) -> None:
        """Remember that the engine was told to stop, should it have to begin anew."""


class Attendant(Stoppable, Protocol):
    """What the worker's side of an engine calls. `jobs.attendance` has the one there is."""

    def perform(self, job_id: str) -> int | None:
        """Run the job in this process and return its attempt; None when it goes on elsewhere."""

    def on_success(self, job_id: str, attempt: int | None) -> None:
        """Record that `perform` returned."""

    def on_failure(self, job_id: str, error: BaseException) -> None:
        """Record that `perform` raised, or could not be called."""

    def on_stopped(self, job_id: str) -> None:
        """Record that the engine was told to stop the job, and has."""

    def began(self, job_id: str, kill: Callable[[], None]) -> None:
        """Note that this worker starts on a job; `kill` ends the process that runs it."""

    def ended(self, job_id: str, *, given_back: bool) -> None:
        """Settle the row of a job whose process is gone, whatever became of it."""

    def forking(self) -> AbstractContextManager[Any]:
        """Hold other threads still while the process forks."""


class Delivery(NamedTuple):
    """A waiting job that the engine is to carry. What is not `is_shown` is forgotten at its end.

    `task` is for operators to read.
    """

    id: str
    queue: str
    task: str
    timeout_seconds: int
    is_shown: bool = True


class Engine(Protocol):
    """How jobs reach workers. What cannot reach the server raises EngineDown within a second."""

    def enqueue(self, job: Delivery, *, at_front: bool = False) -> None:
        """Put a job into its queue under its row's id, whatever was delivered under it before."""

    def enqueue_new(self, jobs: Sequence[Delivery]) -> None:
        """Put jobs that were never delivered before into their queues, in one go."""

    def depth(self, queue: str) -> int:
        """Return how many deliveries wait in a queue."""

    def missing(self, queue: str, ids: Sequence[str]) -> Collection[str]:
        """Return those of these ids, the longest waiting first, that are to be delivered again.

        To deliver too many does no harm; one that is lost is found sooner or later.
        """

    def stop(self, job_id: str) -> None:
        """Keep a waiting job from being run, or stop the process that runs it."""

    def forget(self, queue: str, job_ids: Sequence[str]) -> None:
        """Let go of what is kept for operators of jobs that have ended and are deleted."""

    def stop_worker(self, name: str, *, now: bool) -> None:
        """Tell a worker to stop, on whichever machine: after its job, or `now`, giving that back.

        Telling it again changes nothing, and may be needed: one that has just begun may not hear.
        """

    def stopping(self, names: Sequence[str]) -> Collection[str]:
        """Return those of the workers that were told to stop and finish a job first."""

    def is_suspended(self) -> bool:
        """Say whether an operator holds all workers back from further jobs."""

    def is_up(self) -> bool:
        """Say whether the server answers."""

    def work(self, queues: Sequence[str], name: str, attendant: Attendant) -> None:
        """Run jobs of `queues`, one at a time, until the process is told to stop.

        The first queue goes first, yet none of the others waits for ever.
        """
