"""Pictures for tests, drawn here: a face, somebody who stands, plain colours; and their files."""

import io
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

GRAY = (190, 195, 200)
RED, GREEN = (230, 20, 20), (20, 200, 30)
# Where the face and the person are in `scene()`: left, top, right, bottom, roughly.
FACE, PERSON = (60, 120, 320, 380), (420, 60, 600, 450)


def face(side: int = 260) -> Image.Image:
    """Draw a face that looks at the camera."""
    picture = Image.new("RGB", (side, side), GRAY)
    pen = ImageDraw.Draw(picture)

    def at(*corners: float) -> list[float]:
        return [corner * side for corner in corners]

    pen.ellipse(at(0.10, 0.02, 0.90, 0.75), fill=(60, 45, 35))
    pen.ellipse(at(0.18, 0.10, 0.82, 0.98), fill=(225, 190, 165))
    for x in (0.36, 0.64):
        pen.ellipse(at(x - 0.10, 0.40, x + 0.10, 0.50), fill=(150, 110, 95))
        pen.ellipse(at(x - 0.07, 0.42, x + 0.07, 0.49), fill=(250, 250, 250))
        pen.ellipse(at(x - 0.035, 0.415, x + 0.035, 0.495), fill=(30, 25, 25))
        pen.rectangle(at(x - 0.11, 0.34, x + 0.11, 0.375), fill=(60, 45, 35))
    pen.polygon(at(0.50, 0.45, 0.44, 0.66, 0.56, 0.66), fill=(205, 165, 140))
    pen.ellipse(at(0.43, 0.63, 0.57, 0.68), fill=(180, 135, 115))
    pen.ellipse(at(0.36, 0.74, 0.64, 0.82), fill=(150, 70, 70))
    return picture.filter(ImageFilter.GaussianBlur(side / 90))


def person(height: int = 340) -> Image.Image:
    """Draw somebody who stands upright."""
    width = height // 2
    picture = Image.new("RGB", (width, height), GRAY)
    pen = ImageDraw.Draw(picture)

    def at(*corners: float) -> list[float]:
        return [corner * (height if number % 2 else width) for number, corner in enumerate(corners)]

    pen.ellipse(at(0.40, 0.09, 0.60, 0.23), fill=(90, 70, 60))
    pen.rectangle(at(0.46, 0.20, 0.54, 0.27), fill=(40, 45, 55))
    pen.polygon(at(0.30, 0.27, 0.70, 0.27, 0.66, 0.55, 0.34, 0.55), fill=(40, 45, 55))
    pen.polygon(at(0.30, 0.27, 0.22, 0.52, 0.28, 0.54, 0.38, 0.32), fill=(45, 50, 60))
    pen.polygon(at(0.70, 0.27, 0.78, 0.52, 0.72, 0.54, 0.62, 0.32), fill=(45, 50, 60))
    pen.polygon(at(0.34, 0.54, 0.50, 0.54, 0.46, 0.91, 0.36, 0.91), fill=(30, 30, 45))
    pen.polygon(at(0.50, 0.54, 0.66, 0.54, 0.64, 0.91, 0.54, 0.91), fill=(30, 30, 45))
    return picture.filter(ImageFilter.GaussianBlur(1))


def scene() -> Image.Image:
    """Draw a face on the left, and somebody who stands on the right."""
    picture = Image.new("RGB", (640, 480), GRAY)
    picture.paste(face(), FACE[:2])
    picture.paste(person(390), (420, 60))
    return picture


def portrait() -> Image.Image:
    """Draw a face and little else, which is looked at quickly."""
    picture = Image.new("RGB", (240, 200), GRAY)
    picture.paste(face(180), (30, 10))
    return picture


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def rectangle(
    size: tuple[int, int], box: tuple[int, int, int, int], colour: tuple[int, int, int] = RED
) -> Image.Image:
    """Draw a rectangle (left, top, width, height) of one colour on gray."""
    picture = Image.new("RGB", size, GRAY)
    left, top, width, height = box
    ImageDraw.Draw(picture).rectangle((left, top, left + width - 1, top + height - 1), fill=colour)
    return picture


def turned(picture: Image.Image, orientation: int, **options: Any) -> bytes:
    """Return a JPEG that is stored as a camera does which was held otherwise (EXIF 1 to 8), and
    which says where it was taken."""
    ways = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    way = ways[orientation]
    stored = picture if way is None else picture.transpose(way)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825)[2] = (49.0, 50.0, 24.0)
    return encoded(stored, "JPEG", quality=95, subsampling=0, exif=exif, **options)


def video(pictures: list[Image.Image], *, kind: str = "mp4", seconds_each: int = 1) -> bytes:
    """Return a video that shows each picture for some seconds, at five frames a second."""
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        quick = {"deadline": "realtime", "cpu-used": "8"} if kind == "webm" else {}
        codec = {"webm": "libvpx", "avi": "mpeg4"}.get(kind, "libx264")
        stream: Any = container.add_stream(codec, rate=5, options=quick)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            for _ in range(5 * seconds_each):
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
