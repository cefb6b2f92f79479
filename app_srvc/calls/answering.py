"""Call a function for whoever sent this request."""

from typing import Any
from uuid import UUID

from flask import request

from app_srvc.accounts import access
from app_srvc.calls import declaring, known, ordering, recording
from app_srvc.calls.ending import End
from app_srvc.calls.known import Call
from app_srvc.errors import NotFound
from app_srvc.jobs import presenting
from app_srvc.jobs.registry import name_of
from app_srvc.web import patience
from app_srvc.words import _

NO_CALL = _("There is no call of that name.")
NO_RESULT = _("There is no such answer, or it is not yours, or it is no longer kept.")


def find(name: str) -> Call:
    """Return the call of a name.

    Raises:
        NotFound: there is none.
    """
    call = known.find(name)
    if call is None:
        raise NotFound(NO_CALL)
    return call


def answer(call: Call, arguments: dict[str, Any], level: int) -> End:
    """Call it, and return how that has ended, or that it still runs.

    Raises:
        TooBusy: it was refused or lost, and may be sent again; nothing of it goes on.
        CallFailed: it cannot be answered.
    """
    patience.require_room()
    owner, sock = access.viewer().owner, request.environ.get("gunicorn.socket")
    answer_by = ordering.answer if call.is_volatile else recording.answer
    with patience.staying():
        return answer_by(call, arguments, level, owner, sock)


def come_back(call_id: str) -> End:
    """Return how a call stands that was still running when it was answered.

    Raises:
        NotFound: there is none, or it is somebody else's.
        CallFailed: it cannot be answered.
        CallLost: its worker has died.
    """
    if call_id.startswith(ordering.PREFIX):
        viewer = access.viewer()
        end = ordering.find(call_id, viewer.owner, is_operator=viewer.is_operator)
    else:
        end = _of_row(call_id)
    if end is None:
        raise NotFound(NO_RESULT)
    return end


def _of_row(job_id: str) -> End | None:
    try:
        job = presenting.find_visible(str(UUID(job_id)))
    except ValueError:
        return None
    tasks = {name_of(declaring.task_of(call)) for call in known.every() if not call.is_volatile}
    return recording.end_of(job) if job.task in tasks else None
