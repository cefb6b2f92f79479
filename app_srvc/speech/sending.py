"""Send a transcript as a file."""

from flask import Response, request

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
    response = Response(write(recognised), mimetype=FORMATS[kind].mimetype)
    name = file_name(recognised.name, kind)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
