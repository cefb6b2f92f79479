"""Send a recording to a player, which asks for one part after another."""

import os
from collections.abc import Iterator
from typing import BinaryIO

from flask import Response, request

from app_srvc import db, storage
from app_srvc.errors import NotFound, TooBusy
from app_srvc.speech.repository import recordings
from app_srvc.speech.repository.recordings import Transcript
from app_srvc.web import patience
from app_srvc.words import _

# A player that is paused leaves its connection open and reads no more: an answer that fits into
# the buffers of the connection holds no thread for as long as that.
PART_BYTES = 2 * 1024 * 1024
CHUNK = 256 * 1024

# What FFmpeg calls the containers that browsers play, and their types.
MIMETYPES = {
    "aac": "audio/aac",
    "flac": "audio/flac",
    "matroska,webm": "video/webm",
    "mov,mp4,m4a,3gp,3g2,mj2": "video/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
}
UNKNOWN = "application/octet-stream"
GONE = _("The recording is no longer kept.")


def find_kept(job_id: str) -> Transcript:
    """Return the transcript of a recording that is still kept.

    Raises:
        NotFound: it is not.
    """
    with db.transaction() as conn:
        transcript = recordings.find(conn, job_id)
    if transcript is None or transcript.file_key is None:
        raise NotFound(GONE)
    return transcript


def link(transcript: Transcript) -> str | None:
    """Return where a browser may fetch the whole recording from the store, or None."""
    mimetype = MIMETYPES.get(transcript.container, UNKNOWN)
    return storage.current().link(transcript.file_key or "", transcript.name, mimetype)


def send(transcript: Transcript) -> Response:
    """Answer with the whole file, or with at most 2 MB from where the request's Range begins.

    Raises:
        NotFound: it is gone.
        TooBusy: too many requests that last are being answered already.
    """
    try:
        file = storage.open_file(transcript.file_key or "")
    except FileNotFoundError:
        raise NotFound(GONE) from None
    size = file.seek(0, os.SEEK_END)
    mimetype = MIMETYPES.get(transcript.container, UNKNOWN)
    if request.range is None:
        if not patience.has_room():
            file.close()
            raise TooBusy
        response = Response(_whole(file), mimetype=mimetype)
        response.content_length = size
    else:
        with file:
            response = _part(file, size)
        response.mimetype = mimetype
    response.headers["Accept-Ranges"] = "bytes"
    # Whatever a stranger has sent, it is a recording to a browser, and nothing that runs.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _whole(file: BinaryIO) -> Iterator[bytes]:
    with file, patience.staying():
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk


def _part(file: BinaryIO, size: int) -> Response:
    wanted = request.range.range_for_length(size) if request.range else None
    if wanted is None or wanted[0] is None or wanted[1] is None:
        return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, stop = wanted[0], min(wanted[1], wanted[0] + PART_BYTES)
    file.seek(start)
    response = Response(file.read(stop - start), 206)
    response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response
