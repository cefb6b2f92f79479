"""Receive files as they arrive: straight into the storage, none of them in memory.

Flask would write each file to a temporary one first and only then call the view. Here the form's
fields are known before the first file is, so a request can be refused before anything is stored.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar
from uuid import UUID

from flask import g, request
from werkzeug.datastructures import MultiDict
from werkzeug.sansio.multipart import Field

from app_srvc import settings, storage
from app_srvc.accounts import access
from app_srvc.errors import BadRequest, InvalidForm, NotFound, TooLarge, WrongMediaType
from app_srvc.storage import StoredFile
from app_srvc.uploads import bodies, multipart, names, pending
from app_srvc.words import _, ngettext

# The field that names files which came in pieces.
NAMED = "upload"
LONGEST_FIELD = 64 * 1024
MOST_FIELDS = 50

View = TypeVar("View", bound=Callable[..., object])


class Upload(NamedTuple):
    """A file that arrived whole. `name` is what its owner calls it, fit to be shown.

    One that has a `pending_id` came before, in pieces: it is kept when its submission fails, and
    `job_id` is the job that it has become already.
    """

    name: str
    file: StoredFile
    pending_id: str | None = None
    job_id: str | None = None


class Submission(NamedTuple):
    """What a form brought."""

    fields: MultiDict[str, str]
    uploads: list[Upload]


def streamed(view: View) -> View:
    """Mark a view that calls `receive`: nobody else may read its request's body."""
    view.reads_its_body = True  # type: ignore[attr-defined]
    return view


def is_streamed(view: object) -> bool:
    """Say whether a view reads its body by itself."""
    return getattr(view, "reads_its_body", False)


def receive(field: str, at_most: int | None = None) -> Submission:
    """Read the request's body and store each file that comes in `field`.

    Fields called `upload` name files that have come before, in pieces. Until a job claims them
    files are on probation: `drop` lets go of them, and the sweep does when this process dies.

    Raises:
        WrongMediaType: the body is no form with files.
        TooLarge: it is larger than MAX_UPLOAD_BYTES, or has more files than are taken.
        InvalidForm: no file was in it, and none named.
        NotFound: an upload that it names is not there.
        Conflict: an upload that it names has not arrived whole.
        BadRequest: it stopped half-way or makes no sense. Nothing is left of it.
        StorageFull: there is no room.
        TooBusy: too many uploads, or other requests that last, are on their way.
    """
    _check_headers()
    with bodies.arriving():
        return _receive(field, at_most)


def fields() -> MultiDict[str, str]:
    """Return the fields that this request has brought so far, also when it was refused."""
    found: MultiDict[str, str] = g.setdefault("fields", MultiDict())
    return found


def drop(uploads: Iterable[Upload]) -> None:
    """Let go of the files of a submission that failed; what came before it is kept."""
    storage.discard(upload.file.key for upload in uploads if not upload.pending_id)


def _receive(field: str, at_most: int | None) -> Submission:
    most = min(at_most or settings.load().max_files, settings.load().max_files)
    uploads: list[Upload] = []
    try:
        for part, data in multipart.parts(settings.load().max_files + MOST_FIELDS):
            if isinstance(part, Field):
                fields().add(part.name, _text(data))
            elif part.name == field and part.filename:
                if not uploads:
                    access.check_csrf(fields().get("csrf_token"))
                _check_number(len(uploads) + 1, most)
                earlier = [upload.file.key for upload in uploads]
                file = storage.save(data, along=earlier)
                uploads.append(Upload(names.clean(part.filename), file))
        access.check_csrf(fields().get("csrf_token"))
        named = dict.fromkeys(fields().getlist(NAMED))
        _check_number(len(uploads) + len(named), most)
        came_before = [_find(upload_id) for upload_id in named]
        if not uploads and not came_before:
            raise InvalidForm(_("No file was chosen."), {field: [_("Please choose a file.")]})
    except BaseException:
        drop(uploads)
        raise
    return Submission(fields(), uploads + came_before)


def _check_number(files: int, most: int) -> None:
    if files > most:
        raise TooLarge(
            ngettext("At most %(num)s file at once.", "At most %(num)s files at once.", most)
        )


def _find(upload_id: str) -> Upload:
    try:
        found = pending.find(str(UUID(upload_id)))
    except ValueError:
        raise NotFound(pending.GONE) from None
    if found.job_id is None:
        pending.finish(found)
    return Upload(found.name, StoredFile(found.key, found.length), found.id, found.job_id)


def _check_headers() -> None:
    """Refuse what the headers tell is not wanted, before a byte of the body is read."""
    if request.mimetype != "multipart/form-data":
        raise WrongMediaType(_("Send the file in a form, as multipart/form-data."))
    if not request.mimetype_params.get("boundary"):
        raise BadRequest(_("The form has no boundary between its parts."))
    limit = settings.load().max_upload_bytes
    if request.content_length is not None and request.content_length > limit + MOST_FIELDS * 1024:
        raise TooLarge(bodies.too_large())
    storage.current().check_room(request.content_length or 0)
    request.max_content_length = limit + MOST_FIELDS * 1024


def _text(data: Iterator[bytes]) -> str:
    value = bytearray()
    for chunk in data:
        value += chunk
        if len(value) > LONGEST_FIELD:
            raise TooLarge(_("A field of the form is too long."))
    return value.decode("utf-8", "replace")
