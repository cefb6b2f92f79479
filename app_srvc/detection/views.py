"""The pages of object detection: send pictures, see what is in each, take it along."""

from pathlib import PurePath
from uuid import UUID

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from app_srvc import admission, settings
from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.detection import detectors, forms, intake, palette, showing
from app_srvc.errors import AppError
from app_srvc.jobs import outlook, presenting
from app_srvc.queues import Queue
from app_srvc.settings.limits import Rate
from app_srvc.uploads import answering, receiving, taking
from app_srvc.words import ngettext

bp = Blueprint("detection", __name__, url_prefix="/detect")
bp.before_request(access.submitters)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the form."""
    return _form({})


@bp.post("/")
@rates.limited(Rate.DETECTIONS)
@receiving.streamed
def upload() -> ResponseReturnValue:
    """Store pictures and videos, and queue a detection for each."""
    admission.require_room(Queue.DETECTION)
    submission = receiving.receive(taking.FIELD)
    result = intake.take_in(submission, access.viewer().owner, answering.mail_to(submission))
    return answering.answer(result, ".show", _told)


@bp.get("/<uuid:job_id>")
def show(job_id: UUID) -> ResponseReturnValue:
    """Show what was found, or how far it is."""
    job = presenting.find_visible(str(job_id))
    position = max(0, request.args.get("frame", 0, int))
    return render_template(
        "detection/show.html",
        job=job,
        outlook=outlook.of(job),
        result=showing.result_of(job.id, position, request.args.get("threshold", None, float)),
        label_of=detectors.label_of,
        colour_of=palette.number_of,
        file_stem=PurePath(job.title).stem,
    )


@bp.get("/<uuid:job_id>/<int:position>/picture.jpg")
def picture(job_id: UUID, position: int) -> ResponseReturnValue:
    """Send the picture as it was looked at, made anew: without EXIF data."""
    job = presenting.find_visible(str(job_id))
    return Response(showing.picture(job.id, position, drawn=False), mimetype="image/jpeg")


@bp.get("/<uuid:job_id>/<int:position>/boxes.png")
def drawn(job_id: UUID, position: int) -> ResponseReturnValue:
    """Send the picture with boxes in it."""
    job = presenting.find_visible(str(job_id))
    return Response(showing.picture(job.id, position, drawn=True), mimetype="image/png")


@bp.get("/<uuid:job_id>/objects.json")
def objects(job_id: UUID) -> ResponseReturnValue:
    """Return what was found so far, from the score `threshold` on."""
    job = presenting.find_visible(str(job_id))
    return jsonify(showing.as_json(job.id, request.args.get("threshold", 0.0, float)))


@bp.errorhandler(AppError)
def refuse(error: AppError) -> ResponseReturnValue:
    """Say beside the field why an upload was refused."""
    return answering.refuse(error, _form)


def _told(count: int) -> str:
    return ngettext("%(num)s file is being looked at.", "%(num)s files are being looked at.", count)


def _form(told: answering.Complaints) -> str:
    """Show the form, what is wrong with each field, and what was chosen in it."""
    form = answering.filled_again(forms.UploadForm, told, "detector")
    offered = detectors.offered()
    form.offer(offered)
    known = settings.load()
    return render_template(
        "detection/index.html",
        form=form,
        offered=offered,
        max_bytes=known.max_upload_bytes,
        max_files=known.max_files,
        max_pixels=known.max_picture_pixels,
        max_looks=known.max_video_frames,
    )
