"""What was found, as the page of a result shows it and as programs read it."""

from collections import Counter
from typing import Any, NamedTuple

from app_srvc import db, storage
from app_srvc.detection import detectors, palette, repository, results
from app_srvc.detection.objects import Object
from app_srvc.detection.repository import Detection, Frame
from app_srvc.errors import NotFound
from app_srvc.jobs.presenting import standing_as_json
from app_srvc.jobs.repository.reading import Job
from app_srvc.jobs.states import State
from app_srvc.words import _


class Kind(NamedTuple):
    """A class of objects in the picture that is shown: the number of its colour, and how many."""

    number: int
    colour: int
    label: str
    objects: int


class Line(NamedTuple):
    """When a class of objects is seen in a video: the positions of its frames."""

    kind: Kind
    positions: list[int]


class Result(NamedTuple):
    """What a page shows. `frame` is the one that is looked at; None before there is any.

    `kinds` are those in it, `lines` those in all of a video from the threshold on; `threshold` is
    where the reader has put it, or where it begins. `least` and `knows` are the detector's.
    """

    detection: Detection
    frames: list[Frame]
    frame: Frame | None
    kinds: list[Kind]
    lines: list[Line]
    threshold: float
    least: float
    detector: str
    knows: str


def result_of(job_id: str, position: int, threshold: float | None) -> Result:
    """Return what a job has found so far, at one position of it.

    Raises:
        NotFound: the job is no detection, or has no such frame.
    """
    with db.transaction() as conn:
        detection = repository.find(conn, job_id)
        frames = repository.frames(conn, job_id)
    if detection is None:
        raise _nothing()
    if position and position >= len(frames):
        raise NotFound(_("The video has not been looked into at that time."))
    frame = frames[position] if frames else None
    least = detection.threshold if threshold is None else min(max(threshold, 0.0), 1.0)
    offer = detectors.offered().get(detection.detector)
    return Result(
        detection,
        frames,
        frame,
        _kinds(frame.objects if frame else []),
        _lines(frames, least) if detection.is_video else [],
        least,
        detectors.LEAST_SCORE,
        offer.label if offer else detection.detector,
        offer.knows if offer else "",
    )


def picture(job_id: str, position: int, *, drawn: bool) -> bytes:
    """Return a picture of the result, as JPEG; or with boxes, as PNG.

    Raises:
        NotFound: there is none, or it is no longer kept.
    """
    with db.transaction() as conn:
        found = repository.frames(conn, job_id, position)
    key = (found[0].drawn_key if drawn else found[0].picture_key) if found else None
    if key is None:
        raise NotFound(_("There is no such picture, or it is no longer kept."))
    try:
        with storage.open_file(key) as file:
            return file.read()
    except FileNotFoundError:
        raise NotFound(_("There is no such picture, or it is no longer kept.")) from None


def as_json(job_id: str, least_score: float = 0.0) -> dict[str, Any]:
    """Return what was found with at least that score; see `results.as_dict`.

    Raises:
        NotFound: the job is no detection.
    """
    with db.transaction() as conn:
        found = results.as_dict(conn, job_id, least_score)
    if found is None:
        raise _nothing()
    return found


def task_as_json(job: Job) -> dict[str, Any]:
    """Return the answer to whoever polls: what was found, or the true state and why.

    Raises:
        NotFound: the job is no detection.
    """
    found = as_json(job.id)
    if job.state == State.FINISHED:
        return {"job_id": job.id} | found
    return standing_as_json(job)


def _kinds(objects: list[Object]) -> list[Kind]:
    labels = {one.kind: one.label for one in objects}
    counts = Counter(one.kind for one in objects)
    return [
        Kind(kind, palette.number_of(kind), detectors.label_of(labels[kind]), counts[kind])
        for kind in sorted(labels)
    ]


def _lines(frames: list[Frame], least: float) -> list[Line]:
    sure = [
        (frame.position, one) for frame in frames for one in frame.objects if one.score >= least
    ]
    return [
        Line(kind, sorted({at for at, one in sure if one.kind == kind.number}))
        for kind in _kinds([one for _at, one in sure])
    ]


def _nothing() -> NotFound:
    return NotFound(_("Nothing was looked for by that job."))
