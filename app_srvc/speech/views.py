"""The page on which recordings are sent; `transcripts` has the pages of what becomes of them."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app_srvc import admission, settings
from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.errors import AppError
from app_srvc.queues import Queue
from app_srvc.settings.limits import Rate
from app_srvc.speech import durations, forms, intake, languages, recognisers, transcripts
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
    return answering.answer(result, ".show", _told)


def _told(count: int) -> str:
    return ngettext(
        "%(num)s recording is being transcribed.",
        "%(num)s recordings are being transcribed.",
        count,
    )


@bp.errorhandler(AppError)
def refuse(error: AppError) -> ResponseReturnValue:
    """Say beside the field why an upload was refused."""
    return answering.refuse(error, _form)


def _form(told: answering.Complaints) -> str:
    """Show the form, what is wrong with each field, and what was chosen in it."""
    form = answering.filled_again(forms.UploadForm, told, "recogniser", "language")
    offered = recognisers.offered()
    form.offer(offered)
    return render_template(
        "speech/index.html",
        form=form,
        offered=offered,
        language_name=languages.name,
        max_bytes=settings.load().max_upload_bytes,
        max_length=durations.limit(settings.load().max_recording_seconds),
        max_files=settings.load().max_files,
    )
