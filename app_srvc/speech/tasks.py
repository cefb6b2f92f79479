"""Work that the stt queue carries. Runs in a worker; knows nothing of HTTP."""

from typing import Any

from app_srvc.db import Connection
from app_srvc.jobs.registry import task
from app_srvc.queues import Queue
from app_srvc.speech.document import reading
from app_srvc.speech.document.repository import edits, shares
from app_srvc.speech.repository import recordings

# Of the newest; nobody has as many by hand.
MOST_EDITS = 10_000


@task(
    Queue.STT, max_failures=5, pause_seconds=2.0, page="speech.show", listing="document.index"
)  # fmt: skip
def transcribe(job_id: str) -> None:
    """Transcribe the recording of this job, segment by segment.

    Begins where an earlier attempt left off. Running twice is harmless.
    """
    # Heavy, with FFmpeg and the recognisers: the web process only names this task.
    from app_srvc.speech import pipeline  # noqa: PLC0415

    pipeline.transcribe(job_id, recognise)


@task(Queue.STT_SEGMENTS, max_failures=5, pause_seconds=2.0)
def recognise(job_id: str) -> None:
    """Recognise a share of the segments of this job's recording, as a part of it.

    Running twice is harmless.
    """
    from app_srvc.speech import pipeline  # noqa: PLC0415

    pipeline.recognise(job_id, recognise)


def preload() -> None:
    """Load what every job needs, once, for the jobs to inherit."""
    import app_srvc.speech.pipeline  # noqa: F401, PLC0415
    from app_srvc.speech import recognisers  # noqa: PLC0415

    recognisers.check()
    recognisers.preload()


def export(conn: Connection, job_id: str) -> dict[str, Any]:
    """Return a transcript for its owner; times are in seconds."""
    transcript = recordings.find(conn, job_id)
    if transcript is None:
        return {}
    return {
        "recording": transcript.name,
        "seconds": transcript.seconds,
        "language": transcript.language,
        "recogniser": transcript.recogniser,
        "segments": [
            {
                "start": one.start_ms / 1000,
                "end": one.end_ms / 1000,
                "text": one.text,
                "speaker": one.speaker,
            }
            for one in reading.read(conn, job_id)
        ],
        "edits": [
            {"at": one.at, "start": one.start_ms / 1000, "before": one.before, "after": one.after}
            for one in edits.history(conn, job_id, limit=MOST_EDITS)
        ],
        "shares": [
            {"created_at": one.created_at, "expires_at": one.expires_at}
            for one in shares.of_job(conn, job_id)
        ],
    }
