"""Decode a picture: upright, three colours, and nothing else of what the file holds.

Pillow reads hostile files here, so this runs in a worker's child process, with limits, and never
in the web process.
"""

import io
import struct
from contextlib import suppress
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from app_srvc import settings
from app_srvc.detection import kinds
from app_srvc.detection.pixels import Pixels
from app_srvc.errors import PermanentError
from app_srvc.memory import limited_memory
from app_srvc.words import _

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
# Pillow's decoders complain of a broken file with any of these.
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, OverflowError, IndexError, KeyError, TypeError,
    struct.error, Image.DecompressionBombError,
)  # fmt: skip
# Copies of a picture that are held at once, of up to four bytes a pixel, and what decoders need.
COPIES_BYTES = 20
DECODER_BYTES = 512 * 1024 * 1024


class NotPicture(PermanentError):
    says = _("The picture cannot be read: it is damaged, cut off or of a kind that is not taken.")


def decode(file: BinaryIO) -> Image.Image:
    """Return the (first) picture of a file, in red, green and blue, as it is to be looked at.

    Raises:
        NotPicture: it cannot be read.
        PermanentError: it has more pixels than may be, or takes too much memory.
    """
    most = settings.load().max_picture_bytes
    # All of it first: what goes wrong after this is the picture's fault and not the storage's.
    data = file.read(most + 1)
    if len(data) > most:
        raise PermanentError(kinds.too_many_bytes())
    with limited_memory(most_memory()):
        try:
            return _decode(io.BytesIO(data))
        except MemoryError:
            raise
        except _BROKEN as error:
            raise NotPicture from error


def check_pixels(width: int, height: int) -> None:
    """Refuse a picture by its size, before it is decoded.

    Raises:
        PermanentError: it has more pixels than may be.
    """
    most = settings.load().max_picture_pixels
    if width * height > most:
        raise PermanentError(
            _(
                "It has %(width)s by %(height)s pixels; %(most)s million pixels are the most.",
                width=width, height=height, most=most / 1e6,
            )
        )  # fmt: skip


def most_memory() -> int:
    """Return how much memory decoding may take, in bytes."""
    return COPIES_BYTES * settings.load().max_picture_pixels + DECODER_BYTES


def as_pixels(picture: Image.Image) -> Pixels:
    """Return what detectors look at: height x width x 3 bytes, blue first."""
    values = np.frombuffer(picture.tobytes("raw", "BGR"), np.uint8)
    return values.reshape(picture.height, picture.width, 3)


def _decode(file: BinaryIO) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # Ours is checked below, with a sentence of ours.
    with Image.open(file, formats=FORMATS) as picture:
        check_pixels(*picture.size)
        picture.load()
        _turn_upright(picture)
        decoded = _in_colours(picture)
        decoded.info = {}  # Pillow would write some of it, as comments, into what is made of it.
        return decoded


def _turn_upright(picture: Image.Image) -> None:
    """Turn a picture as its EXIF data asks, where that can be read."""
    with suppress(*_BROKEN):
        ImageOps.exif_transpose(picture, in_place=True)


def _in_colours(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB" and not picture.has_transparency_data:
        return picture  # As it is: a copy costs as much as all that is drawn into it.
    if picture.mode.startswith(("I", "F")):
        return _from_numbers(picture)
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
    return picture.convert("RGB")


def _from_numbers(picture: Image.Image) -> Image.Image:
    """Let a gray picture of 16 bits or more have 8, and one of fractions as well."""
    values = np.nan_to_num(np.asarray(picture).astype(np.float32))
    top = 65535.0 if picture.mode.startswith("I") else max(1.0, float(values.max()))
    bright = np.clip(values / top * 255, 0, 255).astype(np.uint8)
    return Image.fromarray(bright).convert("RGB")
