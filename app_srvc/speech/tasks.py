"""Work that the stt queue carries. Runs in a worker; knows nothing of HTTP."""

from app_srvc.jobs.registry import task
from app_srvc.queues import Queue


@task(Queue.STT, max_failures=5, pause_seconds=2.0, page="speech.show")
def transcribe(job_id: str) -> None:
    """Transcribe the recording of this job, segment by segment.

    Begins where an earlier attempt left off. Running twice is harmless.
    """
    # Heavy, with FFmpeg and the recognisers: the web process only names this task.
    from app_srvc.speech import pipeline  # noqa: PLC0415

    pipeline.transcribe(job_id)


@task(Queue.STT_SEGMENTS, max_failures=5, pause_seconds=2.0)
def recognise(job_id: str) -> None:
    """Recognise a share of the segments of this job's recording, as a part of it.

    Running twice is harmless.
    """
    from app_srvc.speech import pipeline  # noqa: PLC0415

    pipeline.recognise(job_id)


def preload() -> None:
    """Load what every job needs, once, for the jobs to inherit."""
    import app_srvc.speech.pipeline  # noqa: F401, PLC0415
    from app_srvc.speech import recognisers  # noqa: PLC0415

    recognisers.check()
    recognisers.preload()
