"""Take uploaded recordings in: look at each, record all that can be transcribed, or none."""

from collections.abc import Sequence

from app_srvc import db, storage
from app_srvc.errors import InvalidForm
from app_srvc.jobs import submission
from app_srvc.speech import ordering, probing, recognisers
from app_srvc.speech.costs import UNKNOWN_SECONDS
from app_srvc.speech.forms import named_as_here
from app_srvc.speech.repository import recordings
from app_srvc.speech.sound import BYTES_PER_SECOND, Media
from app_srvc.uploads import taking
from app_srvc.uploads.receiving import Submission, Upload
from app_srvc.uploads.taking import Accepted, Intake, Refused
from app_srvc.words import _

MOST_HARMFUL = 3


def take_in(
    uploads: list[Upload],
    owner: str | None,
    recogniser: str = "",
    language: str = "",
    mail_to: str | None = None,
) -> Intake:
    """Queue a transcription for each file that can be read; see `taking.take_in`.

    Raises:
        NothingAccepted: none of them can be read.
        TooBusy: they could not be looked at in time.
        StorageDown: they could not be read.
        InvalidForm: there is no such recogniser, or it does not know the language.
        Conflict: the same upload is being taken in by another request.
    """
    return taking.take_in(
        uploads, lambda: _Recordings(owner, recognisers.choose(recogniser, language)), mail_to
    )


def take_in_form(submission: Submission, owner: str | None, mail_to: str | None = None) -> Intake:
    """Take in what a form brought, with what was chosen in it; see `take_in`."""
    recogniser, language = (submission.fields.get(name, "") for name in ("recogniser", "language"))
    try:
        return take_in(submission.uploads, owner, recogniser, language, mail_to)
    except InvalidForm as error:
        raise named_as_here(error) from None


class _Recordings:
    """What this service does with files: a recogniser is to transcribe them for somebody."""

    title = _("That cannot be transcribed")

    def __init__(self, owner: str | None, chosen: tuple[str, str]) -> None:
        self._owner = owner
        self._chosen = chosen

    def look(self, upload: Upload, refused: Sequence[Refused]) -> Media:
        """Describe a file. Of somebody who sends such that end a prober no more is looked at:
        each costs a new one."""
        if sum(isinstance(error, probing.Harmful) for _, error in refused) >= MOST_HARMFUL:
            raise InvalidForm(_("Not looked at, because of the other files. Please send it alone."))
        return probing.probe(upload.file)

    def check(self, files: Sequence[Media]) -> None:
        """Refuse what could not be decoded for want of room; all of it may be decoded at once."""
        with db.transaction() as conn:
            seconds = recordings.seconds_to_decode(conn, UNKNOWN_SECONDS)
        seconds += sum(media.seconds or UNKNOWN_SECONDS for media in files)
        storage.current().check_room(int(seconds * BYTES_PER_SECOND))

    def record(self, conn: db.Connection, upload: Upload, what: Media) -> Accepted:
        """Record a recording, and the transcript that is to be made of it."""
        recording_id = submission.new_id()
        # Claims the file, which the recording's row refers to.
        job_id = ordering.submit(
            conn,
            name=upload.name,
            file_key=upload.file.key,
            seconds=what.seconds,
            owner=self._owner,
            recogniser=self._chosen[0],
        )
        recording = recordings.NewRecording(
            recording_id, upload.name, upload.file.key, *what, upload.file.bytes
        )
        recordings.add_recording(conn, recording)
        recordings.add_transcript(conn, job_id, recording_id, *self._chosen)
        return Accepted(job_id, recording_id, upload.name)

    def find(self, conn: db.Connection, job_id: str) -> str | None:
        """Return the recording that a job transcribes."""
        transcript = recordings.find(conn, job_id)
        return transcript and transcript.recording_id
