"""Work that the detection queue carries. Runs in a worker; knows nothing of HTTP."""

from typing import Any

from app_srvc.db import Connection
from app_srvc.detection import results
from app_srvc.jobs.registry import task
from app_srvc.queues import Queue


@task(Queue.DETECTION, max_failures=5, pause_seconds=2.0, page="detection.show")
def detect(job_id: str) -> None:
    """Look for objects in the picture or video of this job.

    Begins where an earlier attempt left off. Running twice is harmless.
    """
    # Heavy, with OpenCV and FFmpeg: the web process only names this task.
    from app_srvc.detection import pipeline  # noqa: PLC0415

    pipeline.detect(job_id)


def preload() -> None:
    """Load what every job needs, once, for the jobs to inherit."""
    from app_srvc.detection import pipeline  # noqa: PLC0415

    pipeline.rehearse()


def export(conn: Connection, job_id: str) -> dict[str, Any]:
    """Return what was found for its owner; boxes are in pixels."""
    return results.as_dict(conn, job_id) or {}
