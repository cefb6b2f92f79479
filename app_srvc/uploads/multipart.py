"""Read a form with files as it arrives, a chunk at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import request
from gunicorn.http.errors import ParseException
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

from app_srvc import patience, settings
from app_srvc.errors import BadRequest, TooLarge

# As much as gunicorn reads ahead: less would be copied over and over.
CHUNK = 1024 * 1024
# A client that needs longer for a chunk has gone away without a word, or means no good.
CHUNK_SECONDS = 120.0

STOPPED = "The upload stopped half-way, or came too slowly. Nothing of it was kept."


def too_large() -> str:
    """Return the sentence about the largest submission."""
    return f"At most {settings.load().max_upload_bytes / 1e9:g} GB can be sent at once."


def parts(max_parts: int) -> Iterator[tuple[Field | File, Iterator[bytes]]]:
    """Yield each part of the form with its data, which is read to its end before the next.

    Raises:
        TooLarge: it has more than `max_parts`, or more bytes than the request may have.
        BadRequest: it stopped half-way or makes no sense.
    """
    events = _events(max_parts)
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


def _events(max_parts: int) -> Iterator[Event]:
    """Decode the body, a little at a time. It is whole only when its last boundary has come."""
    decoder = MultipartDecoder(
        request.mimetype_params["boundary"].encode("latin1", "replace"),
        max_form_memory_size=2 * CHUNK,
        max_parts=max_parts,
    )
    while True:
        data = _read()
        with _form_errors(is_end=not data):
            decoder.receive_data(data or None)
            event = decoder.next_event()
        while not isinstance(event, NeedData):
            yield event
            if isinstance(event, Epilogue):
                return
            with _form_errors(is_end=not data):
                event = decoder.next_event()


def _read() -> bytes:
    """Read on, for as long as the client sends fast enough."""
    sock = request.environ.get("gunicorn.socket")
    if sock is not None:
        patience.allow(sock, CHUNK_SECONDS)
    try:
        data: bytes = request.stream.read(CHUNK)
    except RequestEntityTooLarge as error:
        raise TooLarge(too_large()) from error
    except (ClientDisconnected, ParseException, OSError) as error:
        raise BadRequest(STOPPED) from error
    return data


@contextmanager
def _form_errors(*, is_end: bool) -> Iterator[None]:
    try:
        yield
    except RequestEntityTooLarge as error:
        raise TooLarge("The form has too many fields, or one with too long a head.") from error
    except UnicodeDecodeError as error:
        raise BadRequest("A name in the form is not written in UTF-8.") from error
    except ValueError as error:
        if is_end:
            raise BadRequest(STOPPED) from error
        raise BadRequest("The form is not well-formed. Nothing of it was kept.") from error
