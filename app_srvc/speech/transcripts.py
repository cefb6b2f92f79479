"""The pages of a transcript: watch it grow, read, play, take it along."""

import io
from uuid import UUID

from flask import Blueprint, jsonify, render_template, request, send_file
from flask.typing import ResponseReturnValue

from app_srvc import db, storage
from app_srvc.accounts import access
from app_srvc.errors import NotFound
from app_srvc.jobs import presenting
from app_srvc.speech import durations, playing, repository, showing
from app_srvc.speech.formats import FORMATS, texts

bp = Blueprint("speech", __name__, url_prefix="/stt")
bp.before_request(access.anyone)

# Of the words that PocketSphinx is less sure of, fewer than half are right.
DOUBTFUL_BELOW = 0.5


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
