"""Faces and standing people, with what OpenCV brings along: no model has to be had for them.

Haar's cascade `frontalface_default` finds faces, and the histogram of gradients with its people
detector whoever stands upright and whole. Both give weights without an upper end. As scores they
are w / (w + limit), so that one half is the limit from which on, in seventeen photographs, what was
found was there: 0.5 for people (below it a dog and a chair were taken for some), 0.9 for faces, the
least that a real one had.
"""

import cv2
import numpy as np

from app_srvc import settings
from app_srvc.detection.detectors import LEAST_SCORE, MOST_OBJECTS
from app_srvc.detection.objects import Box, Object, clipped
from app_srvc.detection.pixels import Pixels

# The size at which the limits were measured; on larger ones both take seconds.
LONGEST_SIDE = 800
FACE, PERSON = 0, 1
_LABELS = ("face", "person")
_LIMITS = (0.9, 0.5)
# The smallest that the detector of people can look at: width, height.
_WINDOW = (64, 128)
_SMALLEST_FACE = 24


class OpenCV:
    """A `Detector`."""

    def __init__(self) -> None:
        cv2.setNumThreads(settings.load().model_threads)
        self._faces = cv2.CascadeClassifier(
            cv2.data.haarcascades + "haarcascade_frontalface_default.xml"  # type: ignore[attr-defined]
        )
        self._people = cv2.HOGDescriptor()
        self._people.setSVMDetector(np.array(cv2.HOGDescriptor.getDefaultPeopleDetector()))

    def find(self, picture: Pixels) -> list[Object]:
        """Look for both."""
        height, width = picture.shape[:2]
        scale = min(1.0, LONGEST_SIDE / max(width, height))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1 else picture
        found = [
            _object(kind, float(weight), box, scale, (width, height))
            for kind, boxes in ((FACE, self._find_faces(small)), (PERSON, self._find_people(small)))
            for box, weight in boxes
        ]
        sure = [one for one in found if one.score >= LEAST_SCORE]
        return sorted(sure, key=lambda one: -one.score)[:MOST_OBJECTS]

    def _find_faces(self, picture: Pixels) -> list[tuple[Pixels, float]]:
        if min(picture.shape[:2]) < _SMALLEST_FACE:
            return []
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        boxes, _levels, weights = self._faces.detectMultiScale3(gray, outputRejectLevels=True)
        return list(zip(np.asarray(boxes), weights, strict=True))

    def _find_people(self, picture: Pixels) -> list[tuple[Pixels, float]]:
        if picture.shape[1] < _WINDOW[0] or picture.shape[0] < _WINDOW[1]:
            return []
        boxes, weights = self._people.detectMultiScale(picture, winStride=(8, 8), scale=1.05)
        return list(zip(np.asarray(boxes), weights, strict=True))


def _object(kind: int, weight: float, box: Pixels, scale: float, size: tuple[int, int]) -> Object:
    weight = max(weight, 0.0)
    score = round(weight / (weight + _LIMITS[kind]), 4)
    return Object(kind, _LABELS[kind], score, clipped(Box(*(box / scale).tolist()), *size))
