"""Order transcripts: of a recording that has just arrived, or once more of one that is kept."""

from app_srvc import db
from app_srvc.errors import Conflict, NotFound
from app_srvc.jobs import submission
from app_srvc.speech import costs, recognisers, tasks
from app_srvc.speech.repository import recordings
from app_srvc.words import _


def submit(
    conn: db.Connection,
    *,
    name: str,
    file_key: str,
    seconds: float | None,
    owner: str | None,
    recogniser: str,
) -> str:
    """Submit the job that is to transcribe a stored file, and return its id.

    The caller records the transcript in the same transaction. Time-outs follow the length.

    Raises:
        Conflict: the file has been swept away meanwhile.
    """
    job_id = submission.new_id()
    length = seconds or costs.UNKNOWN_SECONDS
    submission.submit(
        conn,
        tasks.transcribe,
        job_id,
        job_id=job_id,
        owner=owner,
        title=name,
        keys=[file_key],
        size=costs.size_of(length),
        timeout_seconds=costs.timeout_of(recogniser, length),
    )
    return job_id


def again(job_id: str, owner: str | None, recogniser: str, language: str) -> str:
    """Transcribe the recording of a transcript once more, and return the new job's id.

    Both jobs need the stored file: it stays until the last of them has let go of it.

    Raises:
        InvalidForm: there is no such recogniser, or it does not know the language.
        NotFound: the transcript was deleted meanwhile.
        Conflict: the recording is no longer kept.
    """
    chosen = recognisers.choose(recogniser, language)
    with db.transaction() as conn:
        transcript = recordings.find(conn, job_id) if recordings.hold(conn, job_id) else None
        if transcript is None:
            raise NotFound(_("There is no transcript of that job."))
        if transcript.file_key is None:
            raise Conflict(_("The recording is no longer kept. Please send it again."))
        new_id = submit(
            conn,
            name=transcript.name,
            file_key=transcript.file_key,
            seconds=transcript.seconds,
            owner=owner,
            recogniser=chosen[0],
        )
        recordings.add_transcript(conn, new_id, transcript.recording_id, *chosen)
    return new_id
