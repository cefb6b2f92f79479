"""Pages for speech to text: send recordings, watch and read transcripts."""

import io
from collections.abc import Mapping
from uuid import UUID

from flask import (
    Blueprint,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue

from app_srvc import admission, db, problems, settings, storage
from app_srvc.accounts import access
from app_srvc.errors import AppError, NotFound
from app_srvc.jobs import presenting
from app_srvc.negotiation import wants_json
from app_srvc.queues import Queue
from app_srvc.speech import (
    durations,
    forms,
    intake,
    languages,
    playing,
    recognisers,
    repository,
    showing,
)
from app_srvc.speech.formats import FORMATS, texts
from app_srvc.uploads import names, receiving

bp = Blueprint("speech", __name__, url_prefix="/stt")
bp.before_request(access.anyone)

# Of the words that PocketSphinx is less sure of, fewer than half are right.
DOUBTFUL_BELOW = 0.5
# Sentences for the next page travel in a cookie, which holds 4 KB.
MOST_SENTENCES = 5


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the form."""
    return _form({})


@bp.post("/")
@receiving.streamed
def upload() -> ResponseReturnValue:
    """Store recordings and queue a transcription for each."""
    admission.require_room(Queue.STT)
    submission = receiving.receive(forms.FIELD)
    result = intake.take_in_form(submission, access.viewer().owner)
    if wants_json():
        return jsonify(showing.intake_as_json(result)), 202
    for refused in result.refused[:MOST_SENTENCES]:
        flash(f"{names.cut(refused.name, 60)}: {refused.error.sentence}", "error")
    more = len(result.refused) - MOST_SENTENCES
    if more > 0:
        flash(f"{more} more files were refused.", "error")
    if len(result.accepted) == 1:
        return redirect(url_for(".show", job_id=result.accepted[0].job_id), 303)
    flash(f"{len(result.accepted)} recordings are being transcribed.")
    return redirect(url_for("jobs.index"), 303)


@bp.errorhandler(AppError)
def refuse(error: AppError) -> ResponseReturnValue:
    """Say beside the field why an upload was refused."""
    if request.endpoint != "speech.upload" or wants_json():
        return problems.show(error)
    told = getattr(error, "fields", {}) or {forms.FIELD: [error.sentence]}
    return _form(told), error.status, dict(error.headers)


@bp.get("/<uuid:job_id>")
def show(job_id: UUID) -> ResponseReturnValue:
    """Show a transcript, growing or done."""
    job = presenting.find_visible(str(job_id))
    transcript, segments = showing.find_transcript(job.id)
    place = presenting.place_of(job)
    return render_template(
        "speech/show.html",
        job=job,
        message=presenting.message_of(job, place),
        begins_at=presenting.begins_at(job, place),
        transcript=transcript,
        segments=segments,
        paragraphs=texts.words_by_paragraph(segments),
        doubtful_below=DOUBTFUL_BELOW,
        is_playable=transcript.file_key is not None and transcript.container in playing.MIMETYPES,
        formats=FORMATS,
        clock=durations.clock,
    )


@bp.get("/<uuid:job_id>/segments")
def segments(job_id: UUID) -> ResponseReturnValue:
    """Return what was recognised behind the position `after`, for the growing page."""
    job = presenting.find_visible(str(job_id))
    _, segments = showing.find_transcript(job.id, request.args.get("after", -1, int))
    return jsonify(segments=[showing.segment_as_json(segment) for segment in segments])


@bp.get("/<uuid:job_id>/recording")
def recording(job_id: UUID) -> ResponseReturnValue:
    """Send the recording itself, whole or in parts."""
    job = presenting.find_visible(str(job_id))
    with db.transaction() as conn:
        transcript = repository.find(conn, job.id)
    if transcript is None or transcript.file_key is None:
        raise NotFound("The recording is no longer kept.")
    try:
        file = storage.open_file(transcript.file_key)
    except FileNotFoundError:
        raise NotFound("The recording is no longer kept.") from None
    return playing.send(file, transcript.container)


@bp.get("/<uuid:job_id>/transcript.<kind>")
def download(job_id: UUID, kind: str) -> ResponseReturnValue:
    """Download the transcript as far as it is done."""
    job = presenting.find_visible(str(job_id))
    if kind not in FORMATS:
        raise NotFound(f"A transcript can be had as {', '.join(FORMATS)}.")
    recognised = showing.recognised(job.id)
    name = f"{recognised.name.rpartition('.')[0] or recognised.name}.{kind}"
    content = io.BytesIO(FORMATS[kind].write(recognised))
    return send_file(content, FORMATS[kind].mimetype, as_attachment=True, download_name=name)


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
