"""Follow a job as it happens: server-sent events, and requests that wait."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from flask import request

from app_srvc import db
from app_srvc.errors import DatabaseDown
from app_srvc.jobs import events, presenting
from app_srvc.jobs.repository import reading
from app_srvc.jobs.repository.reading import Job
from app_srvc.jobs.states import State
from app_srvc.web import patience

# Places in the queue change without the job's own row changing.
PLACE_SECONDS = 3.0
# Proxies close a connection on which nothing comes for a minute or so.
KEEP_ALIVE_SECONDS = 15.0
RECONNECT_MS = 2000
# A request that waits looks so often whether its client is still there.
LOOK_SECONDS = 5.0


def stream(job_id: str, show: Callable[[Job], dict[str, Any]]) -> Iterator[str]:
    """Yield a job's state as server-sent events until it ends, beginning with what it is now.

    So a client that was away misses nothing, and one whose stream breaks off comes back. `show`
    makes the JSON.
    """
    yield f"retry: {RECONNECT_MS}\n\n"
    with suppress(DatabaseDown), patience.staying():
        yield from _changes(job_id, show)


def _changes(job_id: str, show: Callable[[Job], dict[str, Any]]) -> Iterator[str]:
    last, sent_at = None, time.monotonic()
    with events.hub.listen(job_id) as ear:
        while not events.hub.is_closing:
            with db.transaction() as conn:
                job = reading.find(conn, job_id)
            if job is None:
                yield "event: gone\ndata: {}\n\n"
                return
            shown = json.dumps(show(job))
            if shown != last:
                yield f"event: job\ndata: {shown}\n\n"
                last, sent_at = shown, time.monotonic()
            elif time.monotonic() - sent_at >= KEEP_ALIVE_SECONDS:
                yield ": still here\n\n"
                sent_at = time.monotonic()
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
