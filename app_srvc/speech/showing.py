"""Transcripts as pages and programs see them."""

from typing import Any

from app_srvc import db
from app_srvc.errors import NotFound
from app_srvc.jobs.presenting import standing_as_json
from app_srvc.jobs.repository.reading import Job
from app_srvc.jobs.states import State
from app_srvc.speech.document import reading
from app_srvc.speech.formats import texts
from app_srvc.speech.repository import recordings
from app_srvc.speech.repository.recordings import Transcript
from app_srvc.speech.sound import Recognised, Segment
from app_srvc.words import _


def find_transcript(
    job_id: str, after: int = -1, *, original: bool = False
) -> tuple[Transcript, list[Segment]]:
    """Return a transcript and its segments behind a position, as far as they are done.

    They are as somebody has corrected them, unless the `original` is wanted.

    Raises:
        NotFound: the job is no transcription.
    """
    with db.transaction() as conn:
        transcript = recordings.find(conn, job_id)
        done = reading.read(conn, job_id, after, original=original)
    if transcript is None:
        raise NotFound(_("There is no transcript of that job."))
    return transcript, done


def text_of(job_id: str) -> str:
    """Return the whole text of a transcript, in paragraphs."""
    _, segments = find_transcript(job_id)
    return texts.plain(segments)


def recognised(job_id: str, *, original: bool = False) -> Recognised:
    """Return a transcript as far as it is done, to be written in some format.

    Raises:
        NotFound: the job is no transcription.
    """
    transcript, segments = find_transcript(job_id, original=original)
    return Recognised(
        transcript.name,
        transcript.seconds or 0.0,
        transcript.language,
        transcript.recogniser,
        segments,
    )


def segment_as_json(segment: Segment) -> dict[str, Any]:
    """Return a segment; times are in seconds. `version` counts its corrections."""
    return {
        "position": segment.position,
        "start": segment.start_ms / 1000,
        "end": segment.end_ms / 1000,
        "text": segment.text,
        "version": segment.version,
        "speaker": segment.speaker,
    }


def task_as_json(job: Job) -> dict[str, Any]:
    """Return the answer to whoever polls: the text, or the true state and why."""
    if job.state == State.FINISHED:
        return {"job_id": job.id, "text": text_of(job.id)}
    return standing_as_json(job)
