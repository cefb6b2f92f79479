"""What a handler is, what it is given, and the ways in which it can fail.

A handler does one thing with one record. It returns `Done`, or raises one of `failures`; anything
else that it raises is a fault of the handler, and is tried again like `Transient`.

Whoever writes one of their own:

    class Greeter:
        name = "greet"
        title = "Greet"
        schema = {"type": "object", "properties": {"word": {"type": "string"}}}

        def __init__(self, config): ...
        def handle(self, record, context): ...

With `is_pure = True` it says that it calls nothing and has no effect: as a step of a chain it is
done again on each attempt, with what is in the record and in its configuration then.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar, NamedTuple, Protocol
from uuid import UUID, uuid5

from app_srvc.db import Connection


class Payload(NamedTuple):
    """The content of a record, or what a step has made of it."""

    media_type: str
    body: bytes


class Record(NamedTuple):
    """A record in work. `idem_key` is the same on every attempt; `attempt` counts from 1."""

    id: int
    processor_id: int
    source_key: str
    order_key: str | None
    idem_key: UUID
    attempt: int
    payload: Payload


class Done(NamedTuple):
    """What came of it.

    `output` goes to the next step of a chain. `effect` is run in the transaction that records
    that the record is done: what it writes there takes effect exactly once. It is called with
    the connection, and may be called again if that transaction fails.
    """

    output: Payload | None = None
    http_status: int | None = None
    effect: Callable[[Connection], None] | None = None


def step_key(key: UUID, name: str, *, undoes: bool) -> UUID:
    """Return the idempotency key of a step, or of what undoes it, wherever it stands."""
    of_step = uuid5(key, name)
    return uuid5(of_step, "undo") if undoes else of_step


class Context(Protocol):
    """What a handler can ask for while it works on one record, or one step of a chain."""

    given_up: str | None  # Why the record failed for good: nothing is left but to undo its steps.

    def key(self) -> str:
        """Return the idempotency key: a UUID, the same on every attempt, another for each step."""

    def seconds_left(self) -> float:
        """Return how long the handler may still take. Its process ends when that is over."""

    def call(self, what: str) -> AbstractContextManager[None]:
        """Enclose a call whose effect is outside this database; `what` says which, for people.

        Nothing else may be outside: no call begins when the time is over, or when the record is
        lost already, and that one was under way is known if this process dies in it. `Transient`,
        `Permanent` or `WrongConfiguration` that is raised inside says that the call had no effect;
        anything else counts as `Unknown`.

        Raises:
            OutOfTime: there is no time left; nothing was called.
            WouldCall: this is a dry run; nothing was called.
        """

    def log(self, message: str) -> None:
        """Add a line to what operators read of the record. No content of it belongs there."""

    def renew(self) -> None:
        """Keep the record for another lease, and the handler's time with it, between two steps.

        Raises:
            LostRecord: another worker has it; stop working.
        """

    def secret(self, name: str) -> str:
        """Return the secret that the environment has as `SECRET_<NAME>`.

        Raises:
            WrongConfiguration: there is none.
        """

    def step(
        self,
        number: int,
        name: str,
        digest: str = "",
        *,
        undoes: bool = False,
        undoable: bool = False,
    ) -> "Step":
        """Return a step of a chain, or what undoes it, as the journal knows it by its name.

        `number` counts from 1 and is for people; `digest` says how it is configured now. If a step
        is done that is `undoable` when the record fails for good, the record is handled once more,
        with `given_up`, before it is dead.
        """


class Step(Protocol):
    """One step of a chain, and what the journal says of it."""

    @property
    def context(self) -> Context:
        """What the step's own handler is given."""

    @property
    def is_done(self) -> bool:
        """Say whether it was done, on this attempt or an earlier one."""

    @property
    def is_changed(self) -> bool:
        """Say whether it was done, and is configured otherwise now."""

    @property
    def has_output(self) -> bool:
        """Say whether it is done and made anything."""

    @property
    def output(self) -> Payload | None:
        """Return what it has made, if it is done and made anything."""

    def finish(self, done: Done) -> None:
        """Write into the journal that it is done, with its effect: it is never done again.

        Raises:
            LostRecord: another worker has the record; nothing was written.
        """

    def compensated(self) -> None:
        """Write into the journal that what it did was undone."""


class Handler(Protocol):
    """Does one thing with each record of a processor. It is made once, and used for many."""

    name: ClassVar[str]
    title: ClassVar[str]
    schema: ClassVar[Mapping[str, Any]]  # JSON Schema of its configuration: makes its form

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Take a configuration that fits the schema.

        Raises:
            WrongConfiguration: it does not make sense all the same.
        """

    def handle(self, record: Record, context: Context) -> Done:
        """Do it.

        Raises:
            Failure: it could not be done.
        """
