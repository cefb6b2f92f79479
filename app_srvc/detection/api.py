"""Object detection for programs: one file in, what is in it out."""

from uuid import UUID

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app_srvc import admission
from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.detection import intake, showing
from app_srvc.jobs import presenting
from app_srvc.queues import Queue
from app_srvc.settings.limits import Rate
from app_srvc.uploads import answering, receiving, taking
from app_srvc.web.negotiation import for_programs

bp = for_programs(Blueprint("detection_api", __name__, url_prefix="/detect"))
bp.before_request(access.submitters)


@bp.post("/task")
@rates.limited(Rate.DETECTIONS)
@receiving.streamed
def submit() -> ResponseReturnValue:
    """Queue the detection in one file."""
    admission.require_room(Queue.DETECTION)
    submission = receiving.receive(taking.FIELD, at_most=1)
    accepted = intake.take_in(submission, access.viewer().owner).accepted[0]
    return jsonify(answering.one_as_json(accepted, ".show")), 202


@bp.get("/task/<uuid:job_id>")
def show(job_id: UUID) -> ResponseReturnValue:
    """Return what was found, or how far it is."""
    return jsonify(showing.task_as_json(presenting.find_visible(str(job_id))))
