"""Take the files of a submission in, whatever the service: all that can be used, or nothing."""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from app_srvc import db, storage
from app_srvc.errors import AppError, Conflict, InvalidForm, StorageDown, TooBusy
from app_srvc.mail.repository import wishes
from app_srvc.uploads import receiving
from app_srvc.uploads import repository as pending
from app_srvc.uploads.receiving import Upload
from app_srvc.words import Sentence, _, join

# What a service calls the field of its form in which files come.
FIELD = "file"

What = TypeVar("What")


class Accepted(NamedTuple):
    """A file that has become a job."""

    job_id: str
    file_id: str
    name: str


class Refused(NamedTuple):
    """A file that cannot be used, and why."""

    name: str
    error: AppError

    @property
    def sentence(self) -> Sentence:
        """Both, for a person."""
        return _("%(name)s: %(sentence)s", name=self.name, sentence=self.error.sentence)


class NothingAccepted(InvalidForm):
    """None of the files can be used; each has its sentence."""

    def __init__(self, title: Sentence, refused: Sequence[Refused]) -> None:
        sentences = [one.sentence for one in refused]
        super().__init__(join(*sentences), {FIELD: list(sentences)})
        self.title = title
        statuses = {error.status for _, error in refused}
        self.status = statuses.pop() if len(statuses) == 1 else InvalidForm.status


class Intake(NamedTuple):
    """What became of the files of one submission."""

    accepted: list[Accepted]
    refused: list[Refused]


class Service(Protocol, Generic[What]):
    """What a service does with the files that are sent to it, in this order.

    `title` heads the answer when it can use none of them.
    """

    title: Sentence

    def look(self, upload: Upload, refused: Sequence[Refused]) -> What:
        """Return what a file is; raise an AppError when it is refused, as those before it were."""

    def check(self, files: Sequence[What]) -> None:
        """Refuse all of them, for want of room."""

    def record(self, conn: db.Connection, upload: Upload, what: What) -> Accepted:
        """Submit the job that works on a file, and record what it works on."""

    def find(self, conn: db.Connection, job_id: str) -> str | None:
        """Return the id of the file that a job works on; None when it is no job of this service."""


def take_in(
    uploads: Sequence[Upload], begin: Callable[[], Service[What]], mail_to: str | None = None
) -> Intake:
    """Make a job of each file that can be used; the others are dropped, and said.

    All that is accepted is recorded in one transaction: a submission is never half there. One
    whose answer was lost can be sent again: what came in pieces becomes one job, however often.
    `begin` returns the service, or raises when what was chosen in the form makes no sense.
    `mail_to` is who wants a mail once each has ended, if somebody does.

    Raises:
        NothingAccepted: none of them can be used.
        TooBusy: they could not be looked at in time.
        StorageDown: they could not be read.
        Conflict: the same upload is being taken in by another request.
    """
    fresh = [upload for upload in uploads if not upload.job_id]
    good: list[tuple[Upload, What]] = []
    refused: list[Refused] = []
    try:
        service = begin()
        known = [_known(service, upload) for upload in uploads if upload.job_id]
        for upload in fresh:
            try:
                good.append((upload, service.look(upload, refused)))
            except (TooBusy, StorageDown):
                raise
            except AppError as error:
                refused.append(Refused(upload.name, error))
        if refused and not good and not known:
            raise NothingAccepted(service.title, refused)
        service.check([what for _, what in good])
        accepted = _record_all(service, good, mail_to)
    except NothingAccepted:
        _discard(fresh)
        raise
    except BaseException:
        receiving.drop(fresh)
        raise
    kept = {upload.file.key for upload, _ in good}
    _discard([upload for upload in fresh if upload.file.key not in kept])
    return Intake(known + accepted, refused)


def _record_all(
    service: Service[What], good: Sequence[tuple[Upload, What]], mail_to: str | None
) -> list[Accepted]:
    with db.transaction() as conn:
        accepted = [_record(service, conn, upload, what) for upload, what in good]
        if mail_to is not None:
            for one in accepted:
                wishes.add(conn, one.job_id, mail_to)
    return accepted


def _record(service: Service[What], conn: db.Connection, upload: Upload, what: What) -> Accepted:
    accepted = service.record(conn, upload, what)
    settle(conn, upload, accepted.job_id)
    return accepted


def settle(conn: db.Connection, upload: Upload, job_id: str) -> None:
    """Note of an upload that came in pieces which job has it now.

    Raises:
        Conflict: another request has taken it in meanwhile.
    """
    if upload.pending_id and not pending.take(conn, upload.pending_id, job_id):
        raise Conflict(_("Another request is sending the same upload."))


def _known(service: Service[What], upload: Upload) -> Accepted:
    """Return what an upload has become already."""
    assert upload.job_id is not None  # noqa: S101  # For the type checker.
    with db.transaction() as conn:
        file_id = service.find(conn, upload.job_id)
    if file_id is None:
        raise Conflict(_("This upload was used for something else."))
    return Accepted(upload.job_id, file_id, upload.name)


def _discard(uploads: Sequence[Upload]) -> None:
    storage.discard(upload.file.key for upload in uploads)
