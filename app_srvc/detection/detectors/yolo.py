"""YOLO: whatever a model in an ONNX file was trained to find.

The file is as ultralytics and others export it. What the network says is either
`[1, 4 + classes, N]`: for each of N boxes its centre and size, and a score for each class; or
`[1, N, 6]`: left, top, right, bottom, score and class, of which no two mean the same object.
Coordinates are in pixels of the network's input, into which the picture was fitted.
"""

import ast
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from app_srvc import settings
from app_srvc.detection.detectors import LEAST_SCORE, MOST_OBJECTS, onnx_header, runtimes
from app_srvc.detection.detectors.runtimes import REFUSED
from app_srvc.detection.objects import Box, Object, clipped
from app_srvc.detection.pixels import Pixels
from app_srvc.settings import WrongSetting

# Two boxes of a class that share more of their area than this are the same object.
MOST_OVERLAP = 0.45
# Of inputs whose size may vary.
USUAL_SIDE = 640
LONGEST_SIDE = 4096
_GRAY = 114


class Fitted(NamedTuple):
    """How a picture was fitted into the network's input: scaled by x and y, and moved."""

    scale: tuple[float, float]
    left: int
    top: int


class Yolo:
    """A `Detector`."""

    def __init__(self, path: Path) -> None:
        """Load a model.

        Raises:
            WrongSetting: it is none that can be used; the message says why.
        """
        try:
            header = onnx_header.read(path)
            self._names = _names(header.notes)
            self._size = _size(header)
            self._network = runtimes.load(path)
            self._layout(self._network(np.zeros((1, 3, *self._size[::-1]), np.float32)))
        except onnx_header.NotOnnx:
            raise WrongSetting(f"{REFUSED} it is no ONNX file whose input is a picture") from None
        except cv2.error as error:
            raise WrongSetting(f"{REFUSED} OpenCV cannot run it: {error.err}") from error
        except OSError as error:
            raise WrongSetting(f"{REFUSED} {error.strerror}") from error

    def find(self, picture: Pixels) -> list[Object]:
        """Fit the picture in, run the network, and measure what it says in the picture's pixels."""
        height, width = picture.shape[:2]
        pixels, fitted = fit(picture, self._size)
        blob = cv2.dnn.blobFromImage(pixels, 1 / 255, swapRB=True)
        boxes, scores, kinds = self._layout(self._network(blob))
        (across, down), left, top = fitted
        boxes = (boxes - (left, top, left, top)) / (across, down, across, down)
        order = np.argsort(-scores, kind="stable")[:MOST_OBJECTS]
        return [
            Object(
                int(kinds[at]),
                self._name(int(kinds[at])),
                round(min(float(scores[at]), 1.0), 4),
                clipped(_box(*boxes[at].tolist()), width, height),
            )
            for at in order
        ]

    def _layout(self, output: Pixels) -> tuple[Pixels, Pixels, Pixels]:
        """Return the corners, score and class of each object.

        Raises:
            WrongSetting: the network says something else.
        """
        known = 4 + len(self._names) if self._names else None
        if output.ndim == 3 and output.shape[0] == 1:
            of_classes, last = output.shape[1:]
            if of_classes == known or (known is None and last != 6 and of_classes > 4):
                return _of_classes(output[0])
            if last == 6:
                return _of_objects(output[0])
        raise WrongSetting(
            f"{REFUSED} its output is {list(output.shape)}, not [1, 4 + classes, N] with as many"
            f" classes as it has names ({len(self._names)}), nor [1, N, 6]"
        )

    def _name(self, kind: int) -> str:
        return self._names.get(kind, f"class {kind}")


def fit(picture: Pixels, size: tuple[int, int]) -> tuple[Pixels, Fitted]:
    """Scale a picture to fit into a size (width, height) whole, with gray around it."""
    height, width = picture.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    fitted = np.full((size[1], size[0], 3), _GRAY, np.uint8)
    fitted[top : top + inner[1], left : left + inner[0]] = cv2.resize(
        picture, inner, interpolation=way
    )
    return fitted, Fitted((inner[0] / width, inner[1] / height), left, top)


def _of_classes(rows: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    kinds = rows[4:].argmax(axis=0)
    scores = rows[4:].max(axis=0)
    sure = scores >= LEAST_SCORE
    kinds, scores = kinds[sure], scores[sure]
    centres, sizes = rows[:2, sure].T, rows[2:4, sure].T
    corners = np.concatenate([centres - sizes / 2, sizes], axis=1)
    kept = np.asarray(
        cv2.dnn.NMSBoxesBatched(
            corners.tolist(), scores.tolist(), kinds.tolist(), LEAST_SCORE, MOST_OVERLAP
        ),
        int,
    ).reshape(-1)
    corners[:, 2:] += corners[:, :2]
    return corners[kept], scores[kept], kinds[kept]


def _of_objects(rows: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    sure = rows[rows[:, 4] >= LEAST_SCORE]
    return sure[:, :4], sure[:, 4], sure[:, 5].astype(int)


def _box(left: float, top: float, right: float, bottom: float) -> Box:
    return Box(left, top, right - left, bottom - top)


def _names(notes: dict[str, str]) -> dict[int, str]:
    """Return the classes' names: those of YOLO_NAMES, one a line, or else the model's own."""
    given = settings.load().yolo_names
    if given is not None:
        try:
            return dict(enumerate(line.strip() for line in given.read_text("utf-8").splitlines()))
        except UnicodeDecodeError as error:
            raise WrongSetting("Wrong setting. YOLO_NAMES: it is not text in UTF-8") from error
    try:
        found = ast.literal_eval(notes.get("names", "{}"))
    except (ValueError, SyntaxError):
        return {}
    pairs = found.items() if isinstance(found, dict) else enumerate(found)
    return {int(kind): str(name) for kind, name in pairs}


def _size(header: onnx_header.Header) -> tuple[int, int]:
    """Return the width and height of the network's input."""
    height, width = header.shape[2:]
    if not (width and height):
        try:
            height, width = ast.literal_eval(header.notes.get("imgsz", ""))
        except (ValueError, SyntaxError, TypeError):
            height = width = USUAL_SIDE
    if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE):
        raise WrongSetting(f"{REFUSED} its input is {width} x {height} pixels")
    return width, height
