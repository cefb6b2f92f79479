"""What was found, as plain values: for programs, for downloads, and to be taken along."""

from typing import Any

from app_srvc.db import Connection
from app_srvc.detection import repository
from app_srvc.detection.objects import Object
from app_srvc.detection.repository import Frame


def as_dict(conn: Connection, job_id: str, least_score: float = 0.0) -> dict[str, Any] | None:
    """Return what a job has found with at least that score; None when it is no job of this service.

    A picture has `width`, `height` and `objects`; a video has a list of `frames`, each with these
    and with `seconds` from the beginning.
    """
    detection = repository.find(conn, job_id)
    if detection is None:
        return None
    frames = [_frame(frame, least_score) for frame in repository.frames(conn, job_id)]
    told: dict[str, Any] = {
        "file": detection.name,
        "detector": detection.detector,
        "threshold": detection.threshold,
    }
    if detection.is_video:
        return told | {"frames": frames}
    if frames:
        del frames[0]["seconds"]
        return told | frames[0]
    return told | {"objects": []}


def _frame(frame: Frame, least_score: float) -> dict[str, Any]:
    return {
        "seconds": frame.at_ms / 1000,
        "width": frame.width,
        "height": frame.height,
        "objects": [_object(one) for one in frame.objects if one.score >= least_score],
    }


def _object(one: Object) -> dict[str, Any]:
    return {"label": one.label, "score": one.score, "box": one.box._asdict()}
