"""The page on which recordings are sent; `transcripts` has the pages of what becomes of them."""

from collections.abc import Mapping

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from app_srvc import admission, problems, settings
from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.errors import AppError
from app_srvc.limit_settings import Rate
from app_srvc.negotiation import wants_json
from app_srvc.queues import Queue
from app_srvc.speech import (
    durations,
    forms,
    intake,
    languages,
    recognisers,
    transcripts,
)
from app_srvc.uploads import answering, receiving, taking
from app_srvc.words import ngettext

bp = transcripts.bp


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the form."""
    return _form({})


@bp.post("/")
@rates.limited(Rate.TRANSCRIPTIONS)
@receiving.streamed
def upload() -> ResponseReturnValue:
    """Store recordings and queue a transcription for each."""
    admission.require_room(Queue.STT)
    submission = receiving.receive(taking.FIELD)
    result = intake.take_in_form(submission, access.viewer().owner, answering.mail_to(submission))
    if wants_json():
        return jsonify(answering.as_json(result, "speech.show")), 202
    return answering.lead_on(result, ".show", _told)


def _told(count: int) -> str:
    return ngettext(
        "%(num)s recording is being transcribed.",
        "%(num)s recordings are being transcribed.",
        count,
    )


@bp.errorhandler(AppError)
def refuse(error: AppError) -> ResponseReturnValue:
    """Say beside the field why an upload was refused."""
    if request.endpoint != "speech.upload" or wants_json():
        return problems.show(error)
    told = getattr(error, "fields", {}) or {taking.FIELD: [error.sentence]}
    return _form(told), error.status, dict(error.headers)


def _form(told: Mapping[str, list[str]]) -> str:
    """Show the form, what is wrong with each field, and what was chosen in it."""
    # Without the request's data: its body may be what was refused.
    chosen = {name: receiving.fields().get(name) for name in ("recogniser", "language")}
    form = forms.UploadForm(formdata=None, data=chosen)
    offered = recognisers.offered()
    form.offer(offered)
    for name, sentences in told.items():
        form[name].errors = sentences
    return render_template(
        "speech/index.html",
        form=form,
        offered=offered,
        language_name=languages.name,
        max_bytes=settings.load().max_upload_bytes,
        max_length=durations.limit(settings.load().max_recording_seconds),
        max_files=settings.load().max_files,
    )
