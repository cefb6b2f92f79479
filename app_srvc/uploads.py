"""Receive files as they arrive: straight into the storage, none of them in memory.

Flask would write each file to a temporary one first and only then call the view. Here the form's
fields are known before the first file is, so a request can be refused before anything is stored.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from flask import request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
    NeedData,
)

from app_srvc import settings, storage
from app_srvc.accounts import access
from app_srvc.errors import BadRequest, InvalidForm, TooLarge, WrongMediaType
from app_srvc.storage import StoredFile

# As much as gunicorn reads ahead: less would be copied over and over.
CHUNK = 1024 * 1024
LONGEST_FIELD = 64 * 1024
MOST_FIELDS = 50
LONGEST_NAME = 200
# A client that sends nothing for so long has gone away without a word.
SILENCE_SECONDS = 60.0

View = TypeVar("View", bound=Callable[..., object])


class Upload(NamedTuple):
    """A file that arrived whole. `name` is what its owner calls it, fit to be shown."""

    name: str
    file: StoredFile


class Submission(NamedTuple):
    """What a form brought."""

    fields: Mapping[str, str]
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

    Until a job claims them the files are on probation: `storage.discard` drops them, and the
    sweep does when this process dies.

    Raises:
        WrongMediaType: the body is no form with files.
        TooLarge: it is larger than MAX_UPLOAD_BYTES, or has more files than are taken.
        InvalidForm: no file was in it.
        BadRequest: it stopped half-way or makes no sense. Nothing is left of it.
        StorageFull: there is no room.
    """
    _check_headers()
    most = min(at_most or settings.load().max_files, settings.load().max_files)
    fields: dict[str, str] = {}
    uploads: list[Upload] = []
    try:
        for part, data in _parts():
            if isinstance(part, Field):
                fields[part.name] = _text(data)
            elif part.name == field and part.filename:
                if not uploads:
                    access.check_csrf(fields.get("csrf_token"))
                if len(uploads) >= most:
                    raise TooLarge(f"At most {most} {'file' if most == 1 else 'files'} at once.")
                uploads.append(Upload(clean_name(part.filename), storage.save(data)))
        access.check_csrf(fields.get("csrf_token"))
        if not uploads:
            raise InvalidForm("No file was chosen.", {field: ["Please choose a file."]})
    except BaseException:
        storage.discard([upload.file.key for upload in uploads])
        raise
    return Submission(fields, uploads)


def clean_name(name: str) -> str:
    """Make a file's name fit to be shown: one line, no folders, nothing invisible, not endless."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    name = "".join(" " if ch.isspace() else ch for ch in name)
    # Cc and Cf: control characters, and marks that turn the direction of what follows.
    visible = "".join(ch for ch in name if unicodedata.category(ch) not in {"Cc", "Cf", "Cs"})
    short = " ".join(visible.split())
    if len(short) > LONGEST_NAME:
        stem, dot, suffix = short.rpartition(".")
        if not dot or len(suffix) > 10:
            stem, suffix = short, ""
        short = f"{stem[: LONGEST_NAME - len(suffix) - 2]}…{dot}{suffix}"
    return short.strip(". ") or "unnamed"


def _check_headers() -> None:
    """Refuse what the headers tell is not wanted, before a byte of the body is read."""
    if request.mimetype != "multipart/form-data":
        raise WrongMediaType("Send the file in a form, as multipart/form-data.")
    if not request.mimetype_params.get("boundary"):
        raise BadRequest("The form has no boundary between its parts.")
    limit = settings.load().max_upload_bytes
    if request.content_length is not None and request.content_length > limit + MOST_FIELDS * 1024:
        raise TooLarge(_too_large())
    storage.current().check_room(request.content_length or 0)
    request.max_content_length = limit + MOST_FIELDS * 1024
    sock = request.environ.get("gunicorn.socket")
    if sock is not None:
        sock.settimeout(SILENCE_SECONDS)


def _too_large() -> str:
    return f"At most {settings.load().max_upload_bytes / 1e9:g} GB can be sent at once."


def _parts() -> Iterator[tuple[Field | File, Iterator[bytes]]]:
    """Yield each part of the form with its data, which is read to its end before the next."""
    events = _events()
    for event in events:
        if isinstance(event, Field | File):
            data = _data(events)
            yield event, data
            for _ in data:
                pass


def _data(events: Iterator[Event]) -> Iterator[bytes]:
    for event in events:
        if isinstance(event, Data):
            yield event.data
            if not event.more_data:
                return


def _events() -> Iterator[Event]:
    """Decode the body, a little at a time. It is whole only when its last boundary has come."""
    decoder = MultipartDecoder(
        request.mimetype_params["boundary"].encode("latin1", "replace"),
        max_form_memory_size=2 * CHUNK,
        max_parts=settings.load().max_files + MOST_FIELDS,
    )
    while True:
        with _body_errors():
            decoder.receive_data(request.stream.read(CHUNK) or None)
            event = decoder.next_event()
        while not isinstance(event, NeedData):
            yield event
            if isinstance(event, Epilogue):
                return
            with _body_errors():
                event = decoder.next_event()


@contextmanager
def _body_errors() -> Iterator[None]:
    try:
        yield
    except RequestEntityTooLarge as error:
        raise TooLarge(_too_large()) from error
    except (ClientDisconnected, ValueError, OSError) as error:
        raise BadRequest("The upload stopped half-way. Nothing of it was kept.") from error


def _text(data: Iterator[bytes]) -> str:
    value = bytearray()
    for chunk in data:
        value += chunk
        if len(value) > LONGEST_FIELD:
            raise TooLarge("A field of the form is too long.")
    return value.decode("utf-8", "replace")
