"""Take uploaded texts in: see that each is one, and record what is to be counted."""

from collections.abc import Sequence

from app_srvc import db, storage
from app_srvc.errors import InvalidForm
from app_srvc.jobs import submission
from app_srvc.uploads import taking
from app_srvc.uploads.receiving import Submission, Upload
from app_srvc.uploads.taking import Accepted, Intake, Refused
from app_srvc.wordcount import repository, tasks
from app_srvc.words import _

FIRST_BYTES = 512


def take_in(submission: Submission, owner: str | None) -> Intake:
    """Queue a count for each text; see `taking.take_in`.

    Raises:
        NothingAccepted: none of the files is any.
    """
    return taking.take_in(submission.uploads, lambda: _Texts(owner))


class _Texts:
    """What this service does with files."""

    title = _("That has no words to be counted")

    def __init__(self, owner: str | None) -> None:
        self._owner = owner

    def look(self, upload: Upload, refused: Sequence[Refused]) -> None:  # noqa: ARG002
        """Refuse what cannot be a text."""
        with storage.open_file(upload.file.key) as file:
            if b"\0" in file.read(FIRST_BYTES):
                raise InvalidForm(_("The file is no text."))

    def check(self, files: Sequence[None]) -> None:
        """Have room for all: nothing is made of them."""

    def record(self, conn: db.Connection, upload: Upload, what: None) -> Accepted:  # noqa: ARG002
        """Submit the job, and record what it is to count."""
        job_id = submission.new_id()
        submission.submit(
            conn, tasks.count, job_id,
            job_id=job_id, owner=self._owner, title=upload.name, keys=[upload.file.key],
        )  # fmt: skip
        repository.add(conn, repository.Text(job_id, upload.file.key))
        return Accepted(job_id, job_id, upload.name)

    def find(self, conn: db.Connection, job_id: str) -> str | None:
        """Return the id of the text that a job counts; it has that of its job."""
        text = repository.find(conn, job_id)
        return text and text.job_id
