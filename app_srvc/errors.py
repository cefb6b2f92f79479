"""What can go wrong in a way that a person should read about.

Each class carries the HTTP status and the sentence; one handler in `webapp` renders them.
Everything else that is raised is a fault of ours: it reaches the log with its traceback, and
the person gets the 500 page.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from app_srvc.words import _, ngettext


class Told(Exception):
    """What happened is told to a person: in the sentence that it is raised with, or by its kind."""

    says: str = _("Something went wrong.")

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        told: str = (self.args and self.args[0]) or self.says
        return told

    def __str__(self) -> str:
        """Return the sentence in English, for the log."""
        return str(self.sentence)


class AppError(Told):
    """Something that the person can read about and often do something about."""

    status = 500
    title: str = _("Something went wrong")
    headers: Mapping[str, str] = {}


class BadRequest(AppError):
    status = 400
    title = _("That request could not be understood")
    says = _("The request could not be understood.")


class LogInFirst(AppError):
    status = 401
    title = _("Not logged in")
    says = _("Please log in first.")
    headers: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}


class WrongToken(LogInFirst):
    title = _("Wrong token")
    says = _("There is no such token: it was revoked, has expired, or was copied in part.")
    headers: Mapping[str, str] = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class Forbidden(AppError):
    status = 403
    title = _("Not allowed")
    says = _("That is not allowed.")


class NotFound(AppError):
    status = 404
    title = _("Not found")
    says = _("There is nothing here, or it is not yours.")


class Conflict(AppError):
    status = 409
    title = _("That cannot be done now")
    says = _("That cannot be done to it now.")


class TooLarge(AppError):
    status = 413
    title = _("Too large")
    says = _("That is more than this server takes.")


class WrongMediaType(AppError):
    status = 415
    title = _("Wrong kind of content")
    says = _("That kind of content is not taken here.")


class InvalidForm(AppError):
    """Something in the form needs another look.

    `fields` maps a field's name to the sentences that stand beside it, as the errors of a form do.
    """

    status = 422
    title = _("Please have another look")

    def __init__(self, sentence: str, fields: Mapping[Any, Iterable[str]] | None = None) -> None:
        super().__init__(sentence)
        self.fields = {str(name): list(told) for name, told in (fields or {}).items()}


class TooManyTries(AppError):
    status = 429
    title = _("Too many tries")

    def __init__(self, seconds: float) -> None:
        minutes = max(1, math.ceil(seconds / 60))
        super().__init__(
            ngettext(
                "That was tried too often. Please try again in a minute.",
                "That was tried too often. Please try again in %(num)s minutes.",
                minutes,
            )
        )
        self.headers = {"Retry-After": str(max(1, math.ceil(seconds)))}


class TooBusy(AppError):
    status = 503
    title = _("Too busy just now")
    says = _("Too many requests at once. Please try again in a moment.")
    headers: Mapping[str, str] = {"Retry-After": "10"}


class QueueFull(TooBusy):
    says = _("The queue holds as much work as it may. Please try again in a minute.")
    headers: Mapping[str, str] = {"Retry-After": "30"}


class DatabaseDown(AppError):
    status = 503
    title = _("Not available just now")
    says = _("The database does not answer. Nothing was accepted; please try again in a minute.")
    headers: Mapping[str, str] = {"Retry-After": "10"}


class PerhapsDone(DatabaseDown):
    says = _(
        "The database went away at the last moment. Look whether it was done before you try again."
    )


class StorageFull(AppError):
    status = 507
    title = _("No room left")
    says = _("There is no room left to store that. Please try again later.")
    headers: Mapping[str, str] = {"Retry-After": "600"}


class StorageDown(AppError, OSError):
    """Files can be neither kept nor read just now; `wrong` tells operators why, in English."""

    status = 503
    title = _("Not available just now")
    says = _("The storage of files does not answer. Please try again in a minute.")
    headers: Mapping[str, str] = {"Retry-After": "10"}
    wrong = "The storage of files does not answer."


class StorageRefused(StorageDown):
    """It answers, and wants other settings: another key or another bucket."""

    def __init__(self, wrong: str) -> None:
        super().__init__()
        self.wrong = wrong


class CannotStart(Exception):
    """The product cannot be started here; the message says why, in one sentence."""


class RemoteDown(Told):
    """A service that jobs depend on does not answer; `sentence` says so, for a person.

    `pause_seconds` is for how long it asks to be left alone, if it does.
    """

    def __init__(self, sentence: str, pause_seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.pause_seconds = pause_seconds


class NoTurn(RemoteDown):
    """As many calls to that service as are allowed are under way already."""


class EngineDown(Exception):
    """The queue server does not answer. The job's row stands and is delivered later."""


class PermanentError(Told):
    """A job cannot be done, however often it is tried; the sentence says why."""


class TookTooLong(PermanentError):
    says = _("It took longer than it may.")


class NoLongerOurs(Exception):
    """This attempt was cancelled, or another worker has taken the job over: stop working."""
