"""Draw a picture anew for people: smaller where it is large, and once more with boxes in it."""

import io
from collections.abc import Iterable

import cv2
from PIL import Image, ImageDraw, ImageFont

from app_srvc.detection.objects import Object
from app_srvc.detection.palette import colour_of
from app_srvc.detection.pictures import as_pixels

# What is shown is at most so wide and high; boxes are told in the pixels of what was sent.
LONGEST_SIDE = 1600
_QUALITY = 88
_INK = "#10151b"


def shown(picture: Image.Image) -> Image.Image:
    """Return a picture as it is shown, which is the same one when it is small enough."""
    if max(picture.size) <= LONGEST_SIDE:
        return picture
    smaller = picture.copy()
    smaller.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return smaller


def as_jpeg(picture: Image.Image) -> bytes:
    """Encode it. Only pixels go in: what a file says of place, time and camera stays out."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def with_boxes(picture: Image.Image, objects: Iterable[Object], scale: float) -> bytes:
    """Draw objects into a picture that is `scale` of the one they were found in; a PNG."""
    drawn = picture.copy()
    pen = ImageDraw.Draw(drawn)
    side = max(drawn.size)
    line = max(2, side // 300)
    font = ImageFont.load_default(max(12, side // 50))
    # The surest last, on top.
    for one in reversed(list(objects)):
        x, y, width, height = (value * scale for value in one.box)
        corners = x, y, max(x, x + width - 1), max(y, y + height - 1)
        pen.rectangle(_wider(corners, 1), outline=_INK, width=line + 2)
        pen.rectangle(corners, outline=colour_of(one.kind), width=line)
        words = f"{one.label} {one.score:.2f}"
        _left, top, right, bottom = pen.textbbox((0, 0), words, font)
        plate_height = bottom - top + 2 * line
        above = max(0.0, y - plate_height)
        pen.rectangle((x, above, x + right + 2 * line, above + plate_height), colour_of(one.kind))
        pen.text((x + line, above + line - top), words, _INK, font)
    return _as_png(drawn)


def _as_png(picture: Image.Image) -> bytes:
    """Encode it in half the time that Pillow takes, which tries several filters for each line."""
    how = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]
    return cv2.imencode(".png", as_pixels(picture), how)[1].tobytes()


def _wider(
    corners: tuple[float, float, float, float], by: float
) -> tuple[float, float, float, float]:
    left, top, right, bottom = corners
    return left - by, top - by, right + by, bottom + by
