"""Follow a job as it happens: server-sent events, and requests that wait."""

import json
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from typing import Any

from flask import Response, request, stream_with_context

from app_srvc import db
from app_srvc.errors import DatabaseDown
from app_srvc.jobs import events, presenting
from app_srvc.jobs.repository import reading
from app_srvc.jobs.repository.reading import Job
from app_srvc.jobs.states import State
from app_srvc.web import locales, patience

# Places in the queue change without the job's own row changing.
PLACE_SECONDS = 3.0
# Proxies close a connection on which nothing comes for a minute or so.
KEEP_ALIVE_SECONDS = 15.0
RECONNECT_MS = 2000
# Said of what there is no more.
GONE = "event: gone\ndata: {}\n\n"
# A request that waits looks so often whether its client is still there.
LOOK_SECONDS = 5.0

# What is new at each look, as a server-sent event; None where nothing is.
Looks = Generator[str | None]


def answer(looks: Looks) -> Response:
    """Stream what is new at each look, and now and then that one is still there.

    A client whose stream breaks off comes back, to new looks.

    Raises:
        TooBusy: too many follow something already.
    """
    patience.require_room()
    headers = {
        "Cache-Control": "no-cache",
        "X-Accel-Buffering": "no",
        # Asked for now: what comes later has no headers.
        "Content-Language": locales.tag(),
    }
    body = stream_with_context(_stream(looks))
    return Response(body, mimetype="text/event-stream", headers=headers)


def _stream(looks: Looks) -> Iterator[str]:
    yield f"retry: {RECONNECT_MS}\n\n"
    with suppress(DatabaseDown), patience.staying(), closing(looks):
        sent_at = time.monotonic()
        for new in looks:
            if new is not None:
                yield new
            elif time.monotonic() - sent_at >= KEEP_ALIVE_SECONDS:
                yield ": still here\n\n"
            else:
                continue
            sent_at = time.monotonic()


def follow(job_id: str, show: Callable[[Job], dict[str, Any]]) -> Looks:
    """Look at a job until it ends, beginning with what it is now. `show` makes the JSON.

    So a client that was away misses nothing.
    """
    last = None
    with events.hub.listen(job_id) as ear:
        while not events.hub.is_closing:
            with db.transaction() as conn:
                job = reading.find(conn, job_id)
            if job is None:
                yield GONE
                return
            shown = json.dumps(show(job))
            yield f"event: job\ndata: {shown}\n\n" if shown != last else None
            last = shown
            if job.state.has_ended:
                return
            ear.wait(PLACE_SECONDS if job.state == State.WAITING else KEEP_ALIVE_SECONDS)


def wait_for_end(job_id: str, seconds: float) -> Job:
    """Return the job as soon as it has ended, or as it is after so many seconds.

    It is returned as it is at once when too many wait already.

    Raises:
        NotFound: it was deleted meanwhile, or is not to be seen.
    """
    sock = request.environ.get("gunicorn.socket")
    deadline = time.monotonic() + (seconds if patience.has_room() else 0)
    with patience.staying(), events.hub.listen(job_id) as ear:
        while True:
            job = presenting.find_visible(job_id)
            left = deadline - time.monotonic()
            if job.state.has_ended or left <= 0 or events.hub.is_closing or patience.is_gone(sock):
                return job
            ear.wait(min(left, LOOK_SECONDS))
