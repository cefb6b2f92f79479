"""The ways in which a record cannot be handled. What each says of the effect decides the rest."""

from typing import ClassVar

from app_srvc.errors import Told
from app_srvc.words import _


class Failure(Told):
    """The record could not be handled; the sentence says why, without any of its content.

    `after_seconds` is for how long the other side asks to be left alone. `is_destination` says
    that it is not about this record: the other side does not answer, or has too much to do.
    """

    kind: ClassVar[str]

    def __init__(
        self,
        sentence: str | None = None,
        *,
        after_seconds: float = 0.0,
        http_status: int | None = None,
        is_destination: bool = False,
    ) -> None:
        super().__init__(*([sentence] if sentence else []))
        self.after_seconds = after_seconds
        self.http_status = http_status
        self.is_destination = is_destination


class Transient(Failure):
    """It had no effect, and may do another time."""

    kind = "transient"


class Permanent(Failure):
    """It had no effect, and never will: the record goes to the dead."""

    kind = "permanent"


class Unknown(Failure):
    """It may have had its effect: the answer was lost."""

    kind = "unknown"


class WrongConfiguration(Failure):
    """No record can be handled like this: the processor pauses, and the record waits."""

    kind = "configuration"


class OutOfTime(Transient):
    """The time was over before the call."""

    says = _("There was no time left to begin the call.")


class LostRecord(Exception):
    """Another worker has the record: stop working, and report nothing."""


class WouldCall(Exception):
    """A dry run has come to a call; the message says which."""
