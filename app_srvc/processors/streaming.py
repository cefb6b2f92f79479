"""Pages about processors as they change: server-sent events with the parts that are new."""

import json
import time
from collections.abc import Callable, Mapping

from flask import Response

from app_srvc.errors import NotFound
from app_srvc.jobs import events, streaming

LOOK_SECONDS = 1.0
# Whether somebody is still an operator is asked when their browser comes back.
STREAM_SECONDS = 600.0

Parts = Callable[[], Mapping[str, str]]


def answer(parts: Parts) -> Response:
    """Stream the parts of a page, by their ids in it: all, and then those that have changed, until
    what they are about is gone.

    Raises:
        TooBusy: too many follow something already.
    """
    return streaming.answer(_follow(parts))


def _follow(parts: Parts) -> streaming.Looks:
    try:
        yield from _changes(parts)
    except NotFound:
        yield streaming.GONE


def _changes(parts: Parts) -> streaming.Looks:
    last: Mapping[str, str] = {}
    began = time.monotonic()
    with events.hub.listen("processors") as ear:
        while not events.hub.is_closing and time.monotonic() - began < STREAM_SECONDS:
            now = parts()
            changed = {part: html for part, html in now.items() if last.get(part) != html}
            yield f"event: parts\ndata: {json.dumps(changed)}\n\n" if changed else None
            last = now if changed else last
            ear.wait(LOOK_SECONDS)
