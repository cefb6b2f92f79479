"""The words this service speaks of pictures in."""

from typing import NamedTuple


class Box(NamedTuple):
    """Where something is, in pixels from the left upper corner of the upright picture."""

    x: float
    y: float
    width: float
    height: float


class Object(NamedTuple):
    """Something that was found. `kind` is the number of its class, `label` its name.

    The score, 0 to 1, says how sure the detector is; it compares with no other detector's.
    """

    kind: int
    label: str
    score: float
    box: Box


def clipped(box: Box, width: int, height: int) -> Box:
    """Return the part of a box that is in the picture, to a tenth of a pixel."""
    left, top = max(box.x, 0.0), max(box.y, 0.0)
    right, bottom = min(box.x + box.width, width), min(box.y + box.height, height)
    sides = left, top, max(right - left, 0.0), max(bottom - top, 0.0)
    return Box(*(round(side, 1) for side in sides))
