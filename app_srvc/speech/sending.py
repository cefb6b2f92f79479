"""Send a transcript as a file, and name files that are sent."""

import io
from urllib.parse import quote

from flask import Response, request, send_file

from app_srvc.errors import NotFound
from app_srvc.speech import showing
from app_srvc.speech.formats import FORMATS, file_name, texts
from app_srvc.words import _


def as_file(job_id: str, kind: str, *, original: bool = False) -> Response:
    """Return a transcript as far as it is done; the `original` as it was heard.

    Nobody keeps it on the way: it may be corrected, and it is private.

    Raises:
        NotFound: there is no such format, or the job is no transcription.
    """
    if kind not in FORMATS:
        raise NotFound(_("A transcript can be had as %(kinds)s.", kinds=", ".join(FORMATS)))
    recognised = showing.recognised(job_id, original=original)
    has_times = kind == "txt" and request.args.get("times") == "1"
    write = texts.txt_with_times if has_times else FORMATS[kind].write
    response = send_file(
        io.BytesIO(write(recognised)),
        FORMATS[kind].mimetype,
        as_attachment=True,
        download_name=file_name(recognised.name, kind),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def name_file(response: Response, name: str) -> None:
    """Let a browser save an answer under a name, in whatever letters that is."""
    told = f"filename*=UTF-8''{quote(name, safe='')}"
    if name.isascii() and not set(name) & {'"', "\\"}:
        told = f'filename="{name}"'
    response.headers["Content-Disposition"] = f"attachment; {told}"
