"""Say what a file is by its first bytes. Nothing of it is decoded: that is for workers to do."""

from typing import BinaryIO

from app_srvc import settings
from app_srvc.errors import WrongMediaType
from app_srvc.words import Sentence, _

HEAD_BYTES = 512

_PICTURES = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*",
)  # fmt: skip
_MATROSKA = b"\x1a\x45\xdf\xa3"
# What stands before the first box of an MP4 or QuickTime file.
_MOVIE_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}
_OF_PICTURES = {
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis",
}  # fmt: skip


class NotSeen(WrongMediaType):
    says = _(
        "This is no picture or video that can be looked at. JPEG, PNG, WebP, GIF, BMP and TIFF are,"
        " and videos as MP4, MOV, WebM, MKV and AVI."
    )


def is_video(file: BinaryIO) -> bool:
    """Say whether a file is a video; else it is a picture.

    Raises:
        NotSeen: it is neither, as far as its first bytes tell; the sentence says what it is.
    """
    head = file.read(HEAD_BYTES)
    if head.startswith(_PICTURES) or (head[:4], head[8:12]) == (b"RIFF", b"WEBP"):
        return False
    if head.startswith(_MATROSKA) or (head[:4], head[8:12]) == (b"RIFF", b"AVI "):
        return True
    if head[4:8] in _MOVIE_BOXES:
        if head[4:8] == b"ftyp" and head[8:12] in _OF_PICTURES:
            raise NotSeen(
                _("HEIC and AVIF pictures cannot be read here. Please send it as JPEG or PNG.")
            )
        return True
    if b"<svg" in head.lower():
        raise NotSeen(_("An SVG is a drawing, not a picture of pixels. Please send it as PNG."))
    raise NotSeen


def too_many_bytes() -> Sentence:
    """Return the sentence about the largest file of a picture."""
    return _("A picture has at most %(size)s MB.", size=settings.load().max_picture_bytes / 1e6)
