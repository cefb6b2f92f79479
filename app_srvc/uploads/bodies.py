"""Read a request's body as it arrives, for as long as its sender keeps up."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO

from flask import request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from app_srvc import settings
from app_srvc.errors import BadRequest, TooLarge
from app_srvc.web import patience
from app_srvc.words import _

# As much as gunicorn reads ahead: less would be copied over and over.
CHUNK = 1024 * 1024
# A client that needs longer for a chunk has gone away without a word, or means no good.
CHUNK_SECONDS = 120.0
# What is lost when a connection breaks.
CRUMB = 64 * 1024

STOPPED = _("The upload stopped half-way, or came too slowly. Nothing of it was kept.")


def too_large() -> str:
    """Return the sentence about the largest submission."""
    size = settings.load().max_upload_bytes / 1e9
    return _("At most %(size)s GB can be sent at once.", size=size)


@contextmanager
def arriving() -> Iterator[None]:
    """Be patient with a body, if threads are left for other requests.

    Raises:
        TooBusy: too many uploads, or other requests that last, are on their way.
    """
    patience.require_room()
    with patience.staying():
        try:
            yield
        finally:
            if "gunicorn.socket" in request.environ:
                patience.forgive(request.environ["gunicorn.socket"])


def read() -> bytes:
    """Read the next chunk; there is none at the end.

    Raises:
        BadRequest: the body stopped half-way.
        TooLarge: it is larger than the request may be.
    """
    _be_patient()
    return _read(CHUNK)


def pieces(size: int = CHUNK) -> Iterator[IO[bytes]]:
    """Yield the body in temporary files of up to `size` bytes, each at its beginning; when it stops
    half-way, first what came before.

    Raises:
        BadRequest: it stopped half-way.
        TooLarge: it is larger than the request may be.
    """
    left = request.content_length or 0
    while True:
        with SpooledTemporaryFile(CHUNK) as piece:
            failure = None
            try:
                _fill(piece, size)
            except (BadRequest, TooLarge) as error:
                failure = error
            came = piece.tell()
            left -= came
            if came:
                piece.seek(0)
                yield piece
            if failure is not None:
                raise failure
            if not came:
                break
    if left > 0:
        raise BadRequest(STOPPED)  # Under gunicorn, an early end looks like any other.


def _fill(piece: IO[bytes], size: int) -> None:
    patient_at = 0
    while (at := piece.tell()) < size:
        if at >= patient_at:
            _be_patient()
            patient_at = at + CHUNK
        crumb = _read(min(CRUMB, size - at))
        if not crumb:
            return
        piece.write(crumb)


def _be_patient() -> None:
    sock = request.environ.get("gunicorn.socket")
    if sock is not None:
        patience.allow(sock, CHUNK_SECONDS)


def _read(size: int) -> bytes:
    try:
        data: bytes = request.stream.read(size)
    except RequestEntityTooLarge as error:
        raise TooLarge(too_large()) from error
    except (ClientDisconnected, ParseException, OSError) as error:
        raise BadRequest(STOPPED) from error
    return data
