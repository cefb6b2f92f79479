"""Call a function as the job of a row: recorded before it is begun, and run again if it is lost."""

import json
import socket
import time
from contextlib import suppress
from typing import Any

from app_srvc import admission, db, engines, settings
from app_srvc.admission import places
from app_srvc.calls import declaring, desk, repository
from app_srvc.calls.ending import CallFailed, End, NobodyTookIt
from app_srvc.calls.known import Call
from app_srvc.engines.calls import Waiting
from app_srvc.errors import AppError, Conflict, DatabaseDown, EngineDown
from app_srvc.jobs import events, submission
from app_srvc.jobs.events import Ear
from app_srvc.jobs.repository import reading
from app_srvc.jobs.repository.reading import Job
from app_srvc.jobs.states import State
from app_srvc.queues import CALLS
from app_srvc.web import patience
from app_srvc.words import _

LONGEST_TITLE = 80
# Whether the client is still there is asked so often.
LOOK_SECONDS = 1.0


def answer(
    call: Call, arguments: dict[str, Any], level: int, owner: str | None, sock: socket.socket | None
) -> End:
    """Call it, and return how that has ended, or that it still runs.

    Raises:
        QueueFull, AllTaken, CallsDown, DatabaseDown: it was not let in, and nothing is recorded.
        NobodyTookIt: it was withdrawn, and nothing is left of it.
        CallFailed: it cannot be answered.
    """
    admission.require_room(CALLS[level])
    job_id, place = submission.new_id(), places.place_of(call.name)
    waiting = Waiting(job_id, place, has_row=True)
    with desk.desk.seat(waiting, None), events.hub.listen(job_id) as ear:
        try:
            is_let_in = engines.for_calls().reserve(job_id, place, places.limit_of(call.name))
        except EngineDown as error:
            raise places.CallsDown from error
        places.require(call.name, is_let_in=is_let_in)
        try:
            _submit(job_id, call, arguments, level, owner)
            return _wait(job_id, ear, sock)
        except AppError:
            # What never came to be, or has ended, leaves like that.
            with suppress(EngineDown):
                engines.for_calls().release(job_id, place)
            raise


def end_of(job: Job) -> End:
    """Return how a job stands.

    Raises:
        CallFailed: it cannot be answered.
        Conflict: it was cancelled.
    """
    if not job.state.has_ended:
        return End(job.id, None)
    if job.state == State.CANCELLED:
        raise Conflict(_("The call was cancelled."))
    with db.transaction() as conn:
        body = repository.find(conn, job.id)
    if job.state != State.FINISHED or body is None:
        raise CallFailed(job.reason or _("Its answer is no longer kept."))
    return End(job.id, body)


def _submit(
    job_id: str, call: Call, arguments: dict[str, Any], level: int, owner: str | None
) -> None:
    told = ", ".join(f"{name}={json.dumps(value)}" for name, value in arguments.items())
    title = f"{call.name}({told})"
    with db.transaction() as conn:
        submission.submit(
            conn,
            declaring.task_of(call),
            job_id,
            arguments,
            job_id=job_id,
            owner=owner,
            title=title if len(title) <= LONGEST_TITLE else f"{title[:LONGEST_TITLE]}…",
            timeout_seconds=call.timeout_seconds,
            queue=CALLS[level],
        )


def _wait(job_id: str, ear: Ear, sock: socket.socket | None) -> End:
    wanted = settings.load()
    began = time.monotonic()
    take_until, wait_until = began + wanted.call_take_seconds, began + wanted.call_wait_seconds
    while True:
        ear.wait(min(LOOK_SECONDS, max(0.0, wait_until - time.monotonic())))
        try:
            with db.transaction() as conn:
                job = reading.find(conn, job_id)
        except DatabaseDown:
            return End(job_id, None)  # It is recorded, and goes on.
        if job is None:
            raise NobodyTookIt  # Somebody has deleted it.
        now = time.monotonic()
        is_left = events.hub.is_closing or patience.is_gone(sock)
        if job.state.has_ended:
            return end_of(job)
        if (is_left or now >= take_until) and submission.withdraw(job_id):
            raise NobodyTookIt
        if is_left or now >= wait_until:
            return End(job_id, None)
