"""Speech to text for programs, as one file in and its text out."""

from uuid import UUID

from flask import Blueprint, jsonify, url_for
from flask.typing import ResponseReturnValue

from app_srvc import admission, settings
from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.errors import InvalidForm
from app_srvc.jobs import presenting, streaming
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from app_srvc.settings.limits import Rate
from app_srvc.speech import intake, showing
from app_srvc.uploads import answering, receiving, taking
from app_srvc.uploads.taking import Accepted
from app_srvc.web.negotiation import for_programs
from app_srvc.words import _

bp = for_programs(Blueprint("speech_api", __name__, url_prefix="/stt"))
bp.before_request(access.submitters)


@bp.post("/native")
@rates.limited(Rate.TRANSCRIPTIONS)
@receiving.streamed
def native() -> ResponseReturnValue:
    """Transcribe one file and answer with its text.

    The work goes through the queue all the same, so that it holds up no other request and
    survives this one. What takes longer than WAIT_SECONDS is answered with where to ask for it.
    """
    accepted = _accept_one()
    job = streaming.wait_for_end(accepted.job_id, settings.load().wait_seconds)
    if job.state == State.FINISHED:
        return jsonify(showing.task_as_json(job))
    if job.state.has_ended:
        raise InvalidForm(job.reason or _("The job was cancelled."))
    status_url = url_for(".show", job_id=job.id)
    return jsonify(showing.task_as_json(job) | {"status_url": status_url}), 202


@bp.post("/task")
@rates.limited(Rate.TRANSCRIPTIONS)
@receiving.streamed
def submit() -> ResponseReturnValue:
    """Queue the transcription of one file."""
    return jsonify(answering.one_as_json(_accept_one(), ".show")), 202


@bp.get("/task/<uuid:job_id>")
def show(job_id: UUID) -> ResponseReturnValue:
    """Return the text, or how far it is."""
    return jsonify(showing.task_as_json(presenting.find_visible(str(job_id))))


def _accept_one() -> Accepted:
    admission.require_room(Queue.STT)
    submission = receiving.receive(taking.FIELD, at_most=1)
    return intake.take_in_form(submission, access.viewer().owner).accepted[0]
