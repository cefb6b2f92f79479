"""What can look for objects: detectors behind one protocol, chosen by name.

The web process only offers them; what makes one is loaded by a worker, once, for its jobs to
inherit.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from app_srvc import settings
from app_srvc.detection.objects import Object
from app_srvc.errors import InvalidForm, PermanentError
from app_srvc.words import Sentence, _

if TYPE_CHECKING:
    from app_srvc.detection.pixels import Pixels

# What is found with a lower score is not worth a word.
LEAST_SCORE = 0.1
MOST_OBJECTS = 300

OPENCV, YOLO = "opencv", "yolo"


class Detector(Protocol):
    """What looks for objects in one picture after the other."""

    def find(self, picture: "Pixels") -> list[Object]:
        """Return what is in a picture, the surest first: see `pixels`."""


class Offer(NamedTuple):
    """A detector as people choose it. `knows` says what it can find."""

    label: str
    knows: Sentence
    threshold: float


# What the detectors that are built in call things; a model brings its own names.
LABELS: Mapping[str, Sentence] = {"face": _("face"), "person": _("person")}


def offered() -> dict[str, Offer]:
    """Return what can be chosen here, the default first."""
    known = settings.load()
    found = {
        OPENCV: Offer(
            _("OpenCV: faces, people"),
            _(
                "It knows only faces that look at the camera, and people who stand upright and"
                " are seen whole. Anything else in the picture is not found."
            ),
            known.opencv_threshold,
        )
    }
    if known.yolo_model is not None:
        knows = _("It knows what its model was trained with: %(name)s.", name=known.yolo_model.stem)
        found[YOLO] = Offer("YOLO", knows, known.yolo_threshold)
    first = known.default_detector
    return {first: found[first]} | found


def choose(name: str) -> str:
    """Return the detector that a form asks for; the default where it names none.

    Raises:
        InvalidForm: there is none of that name.
    """
    there_are = offered()
    chosen = name or next(iter(there_are))
    if chosen not in there_are:
        sentence = _("A detector can be one of %(names)s.", names=", ".join(there_are))
        raise InvalidForm(sentence, {"detector": [sentence]})
    return chosen


@cache
def load(name: str) -> Detector:
    """Return the detector of that name, loaded once a process.

    Raises:
        PermanentError: there is none any more.
        WrongSetting: what is set for it cannot be used.
    """
    if name == OPENCV:
        from app_srvc.detection.detectors.opencv import OpenCV  # noqa: PLC0415

        return OpenCV()
    model = settings.load().yolo_model
    if name != YOLO or model is None:
        raise PermanentError(_("That detector is no longer there. Please choose another one."))
    from app_srvc.detection.detectors.yolo import Yolo  # noqa: PLC0415

    return Yolo(model)


def preload(picture: "Pixels") -> None:
    """Load all that are offered, and let each look at a picture, for the jobs to inherit.

    Raises:
        WrongSetting: what is set for one of them cannot be used.
    """
    for name in offered():
        load(name).find(picture)


def label_of(label: str) -> str:
    """Return what people call a kind of object, in their language where it is ours."""
    return LABELS.get(label, label)
