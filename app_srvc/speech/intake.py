"""Take uploaded recordings in: look at each, record all that can be transcribed, or none."""

from typing import NamedTuple

from app_srvc import db, storage
from app_srvc.errors import AppError, Conflict, InvalidForm, StorageDown, TooBusy
from app_srvc.jobs import submission
from app_srvc.speech import ordering, probing, recognisers
from app_srvc.speech.forms import FIELD, named_as_here
from app_srvc.speech.ordering import UNKNOWN_SECONDS
from app_srvc.speech.repository import recordings
from app_srvc.speech.sound import BYTES_PER_SECOND, Media
from app_srvc.uploads import receiving
from app_srvc.uploads import repository as pending
from app_srvc.uploads.receiving import Submission, Upload
from app_srvc.words import Sentence, _, join

MOST_HARMFUL = 3


class Accepted(NamedTuple):
    """A recording that is being transcribed now."""

    job_id: str
    recording_id: str
    name: str


class Refused(NamedTuple):
    """A file that cannot be transcribed, and why."""

    name: str
    error: AppError

    @property
    def sentence(self) -> Sentence:
        """Both, for a person."""
        return _("%(name)s: %(sentence)s", name=self.name, sentence=self.error.sentence)


class NothingAccepted(InvalidForm):
    """None of the files can be transcribed; each has its sentence."""

    title = _("That cannot be transcribed")

    def __init__(self, refused: list[Refused]) -> None:
        sentences = [one.sentence for one in refused]
        super().__init__(join(*sentences), {FIELD: list(sentences)})
        statuses = {error.status for _, error in refused}
        self.status = statuses.pop() if len(statuses) == 1 else InvalidForm.status


class Intake(NamedTuple):
    """What became of the files of one submission."""

    accepted: list[Accepted]
    refused: list[Refused]


def take_in(
    uploads: list[Upload], owner: str | None, recogniser: str = "", language: str = ""
) -> Intake:
    """Queue a transcription for each file that can be read; the others are dropped, and said.

    All that is accepted is recorded in one transaction: a submission is never half there. One
    whose answer was lost can be sent again: what came in pieces becomes one job, however often.

    Raises:
        NothingAccepted: none of them can be read.
        TooBusy: they could not be looked at in time.
        StorageDown: they could not be read.
        InvalidForm: there is no such recogniser, or it does not know the language.
        Conflict: the same upload is being taken in by another request.
    """
    good: list[tuple[Upload, Media]] = []
    refused: list[Refused] = []
    known = [_known(upload.job_id, upload.name) for upload in uploads if upload.job_id]
    uploads = [upload for upload in uploads if not upload.job_id]
    try:
        chosen = recognisers.choose(recogniser, language)
        for upload in uploads:
            try:
                _check_patience(refused)
                good.append((upload, probing.probe(upload.file)))
            except (TooBusy, StorageDown):
                raise
            except AppError as error:
                refused.append(Refused(upload.name, error))
        if refused and not good and not known:
            raise NothingAccepted(refused)
        _check_room([media for _, media in good])
        with db.transaction() as conn:
            accepted = [_record(conn, upload, media, owner, chosen) for upload, media in good]
    except NothingAccepted:
        _discard(uploads)
        raise
    except BaseException:
        receiving.drop(uploads)
        raise
    kept = {upload.file.key for upload, _ in good}
    _discard([upload for upload in uploads if upload.file.key not in kept])
    return Intake(known + accepted, refused)


def take_in_form(submission: Submission, owner: str | None) -> Intake:
    """Take in what a form brought, with what was chosen in it; see `take_in`."""
    chosen = (submission.fields.get(name, "") for name in ("recogniser", "language"))
    try:
        return take_in(submission.uploads, owner, *chosen)
    except InvalidForm as error:
        raise named_as_here(error) from None


def _check_room(new: list[Media]) -> None:
    """Refuse what could not be decoded for want of room; all of it may be decoded at once.

    Raises:
        StorageFull: there is none.
    """
    with db.transaction() as conn:
        seconds = recordings.seconds_to_decode(conn, UNKNOWN_SECONDS)
    seconds += sum(media.seconds or UNKNOWN_SECONDS for media in new)
    storage.current().check_room(int(seconds * BYTES_PER_SECOND))


def _check_patience(refused: list[Refused]) -> None:
    """Look at no more files of somebody who sends such that end a prober; each costs a new one."""
    if sum(isinstance(error, probing.Harmful) for _, error in refused) >= MOST_HARMFUL:
        raise InvalidForm(_("Not looked at, because of the other files. Please send it alone."))


def _record(
    conn: db.Connection,
    upload: Upload,
    media: Media,
    owner: str | None,
    chosen: tuple[str, str],
) -> Accepted:
    recording_id = submission.new_id()
    # Claims the file, which the recording's row refers to.
    job_id = ordering.submit(
        conn,
        name=upload.name,
        file_key=upload.file.key,
        seconds=media.seconds,
        owner=owner,
        recogniser=chosen[0],
    )
    recording = recordings.NewRecording(
        recording_id, upload.name, upload.file.key, *media, upload.file.bytes
    )
    recordings.add_recording(conn, recording)
    recordings.add_transcript(conn, job_id, recording_id, *chosen)
    if upload.pending_id and not pending.take(conn, upload.pending_id, job_id):
        raise Conflict(_("Another request is sending the same upload."))
    return Accepted(job_id, recording_id, upload.name)


def _known(job_id: str, name: str) -> Accepted:
    """Return what an upload has become already."""
    with db.transaction() as conn:
        transcript = recordings.find(conn, job_id)
    if transcript is None:
        raise Conflict(_("This upload was used for something else."))
    return Accepted(job_id, transcript.recording_id, name)


def _discard(uploads: list[Upload]) -> None:
    storage.discard(upload.file.key for upload in uploads)
