"""Take uploaded pictures and videos in: look at how each begins, and record what can be seen."""

from collections.abc import Sequence

from app_srvc import db, settings, storage
from app_srvc.detection import detectors, kinds, repository, tasks
from app_srvc.errors import Conflict, InvalidForm, TooLarge
from app_srvc.jobs import submission
from app_srvc.uploads import taking
from app_srvc.uploads.receiving import Submission, Upload
from app_srvc.uploads.taking import Accepted, Intake, Refused
from app_srvc.words import _

PICTURE_SECONDS = 120
# So much for each look into a video, at most.
LOOK_SECONDS = 10


def take_in(submission: Submission, owner: str | None, mail_to: str | None = None) -> Intake:
    """Queue a detection for each picture and video; see `taking.take_in`.

    Raises:
        NothingAccepted: none of the files is any.
        InvalidForm: there is no such detector.
        Conflict: the same upload is being taken in by another request.
    """
    wanted = submission.fields.get("detector", "")
    return taking.take_in(
        submission.uploads, lambda: _Pictures(owner, detectors.choose(wanted)), mail_to
    )


class _Pictures:
    """What this service does with files: a detector is to look at them for somebody."""

    title = _("That cannot be looked at")

    def __init__(self, owner: str | None, detector: str) -> None:
        self._owner = owner
        self._detector = detector

    def look(self, upload: Upload, refused: Sequence[Refused]) -> bool:  # noqa: ARG002
        """Say whether a file is a video."""
        if upload.file.bytes == 0:
            raise InvalidForm(_("The file is empty."))
        try:
            with storage.open_file(upload.file.key) as file:
                is_video = kinds.is_video(file)
        except FileNotFoundError:
            raise Conflict(_("It is gone already. Please send it again.")) from None
        if not is_video and upload.file.bytes > settings.load().max_picture_bytes:
            raise TooLarge(kinds.too_many_bytes())
        return is_video

    def check(self, files: Sequence[bool]) -> None:
        """Refuse what there is no room for: pictures made anew are smaller than what was sent."""

    def record(self, conn: db.Connection, upload: Upload, what: bool) -> Accepted:
        """Submit the job, and record what it is to look at."""
        job_id, file_id = submission.new_id(), submission.new_id()
        looks = settings.load().max_video_frames if what else 0
        submission.submit(
            conn,
            tasks.detect,
            job_id,
            job_id=job_id,
            owner=self._owner,
            title=upload.name,
            keys=[upload.file.key],
            timeout_seconds=PICTURE_SECONDS + LOOK_SECONDS * looks,
        )
        threshold = detectors.offered()[self._detector].threshold
        repository.add(
            conn,
            repository.Detection(
                job_id, file_id, upload.name, upload.file.key, upload.file.bytes, what,
                self._detector, threshold,
            ),
        )  # fmt: skip
        return Accepted(job_id, file_id, upload.name)

    def find(self, conn: db.Connection, job_id: str) -> str | None:
        """Return the id of the picture that a job looks at."""
        detection = repository.find(conn, job_id)
        return detection and detection.file_id
