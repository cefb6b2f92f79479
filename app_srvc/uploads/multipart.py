"""Read a form with files as it arrives, a chunk at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
    NeedData,
)

from app_srvc.errors import BadRequest, TooLarge
from app_srvc.uploads import bodies
from app_srvc.words import _


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
        max_form_memory_size=2 * bodies.CHUNK,
        max_parts=max_parts,
    )
    while True:
        data = bodies.read()
        with _form_errors(is_end=not data):
            decoder.receive_data(data or None)
            event = decoder.next_event()
        while not isinstance(event, NeedData):
            yield event
            if isinstance(event, Epilogue):
                return
            with _form_errors(is_end=not data):
                event = decoder.next_event()


@contextmanager
def _form_errors(*, is_end: bool) -> Iterator[None]:
    try:
        yield
    except RequestEntityTooLarge as error:
        raise TooLarge(_("The form has too many fields, or one with too long a head.")) from error
    except UnicodeDecodeError as error:
        raise BadRequest(_("A name in the form is not written in UTF-8.")) from error
    except ValueError as error:
        if is_end:
            raise BadRequest(bodies.STOPPED) from error
        raise BadRequest(_("The form is not well-formed. Nothing of it was kept.")) from error
