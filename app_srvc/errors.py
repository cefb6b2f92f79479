"""What can go wrong in a way that a person should read about.

Each class carries the HTTP status and the sentence; one handler in `webapp` renders them.
Everything else that is raised is a fault of ours: it reaches the log with its traceback, and
the person gets the 500 page.
"""

from collections.abc import Mapping


class AppError(Exception):
    """Something that the person can read about and often do something about."""

    status = 500
    title = "Something went wrong"
    headers: Mapping[str, str] = {}

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        return str(self) or (self.__doc__ or "").strip()


class BadRequest(AppError):
    """The request could not be understood."""

    status = 400
    title = "That request could not be understood"


class NotFound(AppError):
    """There is nothing here, or it is not yours."""

    status = 404
    title = "Not found"


class Conflict(AppError):
    """That cannot be done to it now."""

    status = 409
    title = "That cannot be done now"


class TooLarge(AppError):
    """That is more than this server takes."""

    status = 413
    title = "Too large"


class WrongMediaType(AppError):
    """That kind of content is not taken here."""

    status = 415
    title = "Wrong kind of content"


class InvalidForm(AppError):
    """Something in the form needs another look.

    `fields` maps a field's name to the sentences that stand beside it.
    """

    status = 422
    title = "Please have another look"

    def __init__(self, sentence: str, fields: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(sentence)
        self.fields = dict(fields or {})


class TooBusy(AppError):
    """Too many requests at once. Please try again in a moment."""

    status = 503
    title = "Too busy just now"
    headers: Mapping[str, str] = {"Retry-After": "10"}


class QueueFull(TooBusy):
    """The queue holds as much work as it may. Please try again in a minute."""

    headers: Mapping[str, str] = {"Retry-After": "30"}


class DatabaseDown(AppError):
    """The database does not answer. Nothing was accepted; please try again in a minute."""

    status = 503
    title = "Not available just now"
    headers: Mapping[str, str] = {"Retry-After": "10"}


class PerhapsDone(DatabaseDown):
    """The database went away at the last moment. Look whether it was done before you try again."""


class StorageFull(AppError):
    """There is no room left to store that. Please try again later."""

    status = 507
    title = "No room left"
    headers: Mapping[str, str] = {"Retry-After": "600"}


class RemoteDown(AppError):
    """A service that this server depends on does not answer. Please try again later.

    `pause_seconds` is for how long it asks to be left alone, if it does.
    """

    status = 503
    title = "Not available just now"

    def __init__(self, sentence: str, pause_seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.pause_seconds = pause_seconds

    @property
    def headers(self) -> Mapping[str, str]:  # type: ignore[override]
        """When to try again."""
        return {"Retry-After": f"{self.pause_seconds or 30:.0f}"}


class NoTurn(RemoteDown):
    """As many calls to that service as are allowed are under way already."""


class CannotStart(Exception):
    """The product cannot be started here; the message says why, in one sentence."""


class EngineDown(Exception):
    """The queue server does not answer. The job's row stands and is delivered later."""


class PermanentError(Exception):
    """A job cannot be done, however often it is tried; the message says why, for a person."""


class TookTooLong(PermanentError):
    """It took longer than it may."""


class NoLongerOurs(Exception):
    """This attempt was cancelled, or another worker has taken the job over: stop working."""
