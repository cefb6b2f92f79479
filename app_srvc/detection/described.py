"""What programs can ask of object detection, for the description of the API."""

from uuid import UUID

from app_srvc.api_docs.operations import (
    MAY_BE_MISSING,
    Answer,
    Described,
    Operation,
    Shape,
    file_form,
)
from app_srvc.jobs.described import Standing
from app_srvc.uploads.described import ACCEPTED, ALL_ACCEPTED, OF_FILES

TITLE = "Object detection"


class Box(Shape):
    """Where something is, in pixels from the left upper corner of the upright picture."""

    x: float
    y: float
    width: float
    height: float


class Object(Shape):
    """Something in a picture; `score` is 0 to 1."""

    label: str
    score: float
    box: Box


class Frame(Shape):
    """A look into a video, so many seconds after its beginning."""

    seconds: float
    width: int
    height: int
    objects: list[Object]


class Found(Shape):
    """What was found: in a picture `objects`, in a video `frames` with theirs."""

    job_id: UUID = MAY_BE_MISSING
    file: str
    detector: str
    threshold: float
    width: int = MAY_BE_MISSING
    height: int = MAY_BE_MISSING
    objects: list[Object] = MAY_BE_MISSING
    frames: list[Frame] = MAY_BE_MISSING


FORM = file_form(detector={"type": "string"})

DESCRIBED: Described = {
    "detection_api.submit": Operation(ACCEPTED, body=FORM, refuses=OF_FILES),
    "detection_api.show": Operation(
        {200: Answer("What was found, or how far it is.", Found | Standing)}
    ),
    "detection.upload": Operation(ALL_ACCEPTED, body=FORM, refuses=OF_FILES),
    "detection.objects": Operation(
        {200: Answer("What was found so far.", Found)},
        query={"threshold": {"type": "number", "minimum": 0, "maximum": 1}},
    ),
}
