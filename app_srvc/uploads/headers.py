"""The headers of tus 1.0.0, read and checked."""

import base64

from flask import request

from app_srvc import numbers
from app_srvc.errors import AppError, BadRequest, WrongMediaType
from app_srvc.words import _

VERSION = "1.0.0"
MEDIA_TYPE = "application/offset+octet-stream"
LONGEST_METADATA = 8000


class WrongVersion(AppError):
    status = 412
    title = _("Wrong version")
    says = _("Only version 1.0.0 of the tus protocol is spoken here; say so in Tus-Resumable.")
    headers = {"Tus-Version": VERSION}  # noqa: RUF012  # As in all errors.


def check_version() -> None:
    """Refuse a request that does not speak our version; OPTIONS asks for it.

    Raises:
        WrongVersion: it does not.
    """
    if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
        raise WrongVersion


def check_media_type() -> None:
    """Refuse a body that is no piece of a file.

    Raises:
        WrongMediaType: it is something else.
    """
    if request.mimetype != MEDIA_TYPE:
        raise WrongMediaType(_("Send a piece of a file as %(type)s.", type=MEDIA_TYPE))


def number(name: str) -> int:
    """Return a header that is a count of bytes.

    Raises:
        BadRequest: it is missing or no such number.
    """
    value = numbers.read(request.headers.get(name, ""))
    if value is None:
        raise BadRequest(_("%(name)s must be a number of bytes.", name=name))
    return value


def metadata() -> tuple[str, str]:
    """Return the file's name and all of Upload-Metadata, as it was sent.

    Raises:
        BadRequest: it is not written as tus says.
    """
    given = request.headers.get("Upload-Metadata", "")
    if len(given) > LONGEST_METADATA or not given.isprintable():
        raise BadRequest(_("%(name)s is too long.", name="Upload-Metadata"))
    name = ""
    for pair in given.split(",") if given.strip() else ():
        key, _blank, value = pair.strip().partition(" ")
        if key in {"filename", "name"}:
            name = name or _decode(value)
    return name, given


def _decode(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError as error:
        raise BadRequest(_("The name in Upload-Metadata is not UTF-8 in Base64.")) from error
