"""Pages about processors as they change: server-sent events with the parts that are new."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from flask import Response, stream_with_context

from app_srvc.errors import DatabaseDown, NotFound
from app_srvc.jobs import events
from app_srvc.jobs.streaming import KEEP_ALIVE_SECONDS, RECONNECT_MS
from app_srvc.web import locales, patience

LOOK_SECONDS = 1.0
# Whether somebody is still an operator is asked when their browser comes back.
STREAM_SECONDS = 600.0

Parts = Callable[[], Mapping[str, str]]


def answer(parts: Parts) -> Response:
    """Stream the parts of a page, by their ids in it.

    Raises:
        TooBusy: too many follow something already.
    """
    patience.require_room()
    headers = {
        "Cache-Control": "no-cache",
        "X-Accel-Buffering": "no",
        "Content-Language": locales.tag(),
    }
    body = stream_with_context(stream(parts))
    return Response(body, mimetype="text/event-stream", headers=headers)


def stream(parts: Parts) -> Iterator[str]:
    """Yield all parts, and then those that have changed, until what they are about is gone."""
    yield f"retry: {RECONNECT_MS}\n\n"
    with suppress(DatabaseDown), patience.staying():
        try:
            yield from _changes(parts)
        except NotFound:
            yield "event: gone\ndata: {}\n\n"


def _changes(parts: Parts) -> Iterator[str]:
    last: Mapping[str, str] = {}
    began = sent_at = time.monotonic()
    with events.hub.listen("processors") as ear:
        while not events.hub.is_closing and time.monotonic() - began < STREAM_SECONDS:
            now = parts()
            changed = {part: html for part, html in now.items() if last.get(part) != html}
            if changed:
                yield f"event: parts\ndata: {json.dumps(changed)}\n\n"
                last, sent_at = now, time.monotonic()
            elif time.monotonic() - sent_at >= KEEP_ALIVE_SECONDS:
                yield ": still here\n\n"
                sent_at = time.monotonic()
            ear.wait(LOOK_SECONDS)
