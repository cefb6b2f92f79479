"""What a handler is given while it works on a record of a lane."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from app_srvc import db, settings
from app_srvc.processors import named
from app_srvc.processors.handlers.failures import (
    LostRecord,
    OutOfTime,
    Permanent,
    Transient,
    Unknown,
    WrongConfiguration,
)
from app_srvc.processors.handlers.protocol import step_key
from app_srvc.processors.lanes import faults, watchdog
from app_srvc.processors.lanes.work_step import WorkStep
from app_srvc.processors.repository import journal, lines, records
from app_srvc.processors.repository.journal import Entry, Key, Place
from app_srvc.processors.repository.records import Taken
from app_srvc.words import _, unpack

# What is left of the time when a call begins is never nothing.
LEAST_SECONDS = 0.05
HANDLER_ITSELF = 0
# What the handler itself calls may be a long address.
_MOST_NAME = 200


# Whoever raises one of these says that the call had no effect.
_WITHOUT_EFFECT = (Transient, Permanent, WrongConfiguration)


@contextmanager
def _judged() -> Iterator[None]:
    """Take a fault in the middle of a call for what it is: nobody knows what came of it."""
    try:
        yield
    except (*_WITHOUT_EFFECT, Unknown, LostRecord):
        raise
    except Exception as error:
        kind = faults.kind_of(error, " in a call")
        raise Unknown(
            _("The handler failed in the middle of a call (%(kind)s).", kind=kind)
        ) from None


class WorkContext:
    """A handler's view of one record in work, or, with a `place`, of one step of it.

    `began` is when the take of the record was sent, by this process's own clock: a lease begins
    after that.
    """

    def __init__(
        self, taken: Taken, began: float, *, parks: bool, place: Place | None = None
    ) -> None:
        self.given_up: str | None = unpack(taken.given_up) if taken.given_up else None
        self._taken = taken
        self._known_at = began  # When it was last seen that the record is ours.
        self._deadline = began + taken.timeout_seconds
        self._parks = parks
        self._place = place or Place(taken, HANDLER_ITSELF, "")
        self._whole = self
        self._is_armed = False
        self._is_durable = taken.is_durable
        self.has_called = False

    def key(self) -> str:
        """Return the idempotency key of the record, or of the step."""
        if self._place.number == HANDLER_ITSELF:
            return self._taken.idem_key
        whole = uuid.UUID(self._taken.idem_key)
        return str(step_key(whole, self._place.name, undoes=self._place.undoes))

    def seconds_left(self) -> float:
        """Return how long the handler may still take."""
        return max(0.0, self._whole._deadline - time.monotonic())

    @contextmanager
    def call(self, what: str) -> Iterator[None]:
        """Enclose a call: where a repeat may do harm, the journal has that it began.

        Raises:
            OutOfTime: there is no time left.
            LostRecord: another worker has the record.
            Unknown: something was raised that does not say that the call had no effect.
        """
        if self.seconds_left() < LEAST_SECONDS:
            raise OutOfTime
        self._whole._hold()
        self._whole.has_called = True
        if not self._parks:
            with _judged():
                yield
            return
        place = self._place._replace(name=self._place.name or what[:_MOST_NAME])
        with db.transaction() as conn:
            if not journal.begin(conn, place):
                raise LostRecord
        try:
            with _judged():
                yield
        except _WITHOUT_EFFECT:
            with db.transaction() as conn:
                journal.forget(conn, place)
            raise

    def log(self, message: str) -> None:
        """Add a line to what operators read of the record."""
        with db.transaction() as conn:
            lines.add(conn, self._taken, message)

    def renew(self) -> None:
        """Keep the record for another lease.

        Raises:
            LostRecord: another worker has it.
        """
        self._whole._renew()
        self._whole._deadline = self._whole._known_at + self._taken.timeout_seconds
        if self._whole._is_armed:
            self._whole.arm()

    def _hold(self) -> None:
        """See whether the record is still ours, if that was not seen for long, or may be forgotten.

        A worker that nobody has heard of for a lease and a little loses what it has in work, also
        when it is only cut off; and a server that crashes may forget the take. So none begins a
        call for which it may not have the record.

        Raises:
            LostRecord: another worker has it.
        """
        seen_ago = time.monotonic() - self._known_at
        if not self._is_durable or seen_ago > settings.load().lease_seconds / 2:
            self._renew()

    def _renew(self) -> None:
        began = time.monotonic()
        with db.transaction() as conn:
            if not records.renew(conn, self._taken):
                raise LostRecord
        self._known_at, self._is_durable = began, True

    def secret(self, name: str) -> str:
        """Return a secret of the environment.

        Raises:
            WrongConfiguration: there is none of that name.
        """
        return named.secret(name)

    def step(
        self,
        number: int,
        name: str,
        digest: str = "",
        *,
        undoes: bool = False,
        undoable: bool = False,
    ) -> WorkStep:
        """Return a step, or what undoes it, as the journal knows it by its name."""
        place = Place(self._taken, number, name, digest, undoes, undoable)
        inner = WorkContext(self._taken, 0.0, parks=self._parks, place=place)
        inner._whole = self._whole
        return WorkStep(inner, place, self._whole._journal)

    @cached_property
    def _journal(self) -> dict[Key, Entry]:
        """How the steps stand: nobody else changes that while the record is ours."""
        with db.transaction() as conn:
            return journal.read(conn, self._taken.id)

    def arm(self) -> None:
        """End this process when the time is over."""
        self._is_armed = True
        watchdog.watch(self._deadline)

    def disarm(self) -> None:
        """Let the process live."""
        self._is_armed = False
        watchdog.rest()
