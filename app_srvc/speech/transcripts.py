"""The pages of a transcript: watch it grow, read, play, search, take it along, order another."""

from uuid import UUID

from flask import (
    Blueprint,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from app_srvc import admission, settings
from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.jobs import outlook, presenting
from app_srvc.jobs.repository.reading import Job
from app_srvc.queues import Queue
from app_srvc.settings.limits import Rate
from app_srvc.speech import (
    durations,
    forms,
    languages,
    ordering,
    playing,
    reading,
    recognisers,
    renaming,
    sending,
    showing,
)
from app_srvc.speech.formats import FORMATS

bp = Blueprint("speech", __name__, url_prefix="/stt")
bp.before_request(access.submitters)

TIMES_SECONDS = 365 * 86400


@bp.get("/<uuid:job_id>")
def show(job_id: UUID) -> ResponseReturnValue:
    """Show a transcript, growing or done."""
    job = presenting.find_visible(str(job_id))
    response = make_response(_page(job, forms.TitleForm(title=job.title)))
    if "times" in request.args:
        # static/speech/times.js writes the same cookie.
        response.set_cookie(
            "times", "on" if _shows_times() else "off", TIMES_SECONDS, path=url_for(".index"),
            secure=settings.load().cookies_secure, samesite="Lax",
        )  # fmt: skip
    return response


@bp.post("/<uuid:job_id>/name")
def rename(job_id: UUID) -> ResponseReturnValue:
    """Give the recording another name."""
    job = presenting.find_visible(str(job_id))
    form = forms.TitleForm(request.form)
    if not form.validate():
        return _page(job, form), 422
    renaming.rename(job.id, form.title.data or "")
    return redirect(url_for(".show", job_id=job.id), 303)


@bp.post("/<uuid:job_id>/again")
@rates.limited(Rate.TRANSCRIPTIONS)
def again(job_id: UUID) -> ResponseReturnValue:
    """Transcribe the same recording once more, for whom it was transcribed the first time."""
    job = presenting.find_visible(str(job_id))
    admission.require_room(Queue.STT)
    recogniser, _, language = request.form.get("with", "").partition(" ")
    owner = job.owner or access.viewer().owner
    new_id = ordering.again(job.id, owner, recogniser, language)
    return redirect(url_for(".show", job_id=new_id), 303)


@bp.get("/<uuid:job_id>/segments")
def segments(job_id: UUID) -> ResponseReturnValue:
    """Return what was recognised behind the position `after`, for the growing page."""
    job = presenting.find_visible(str(job_id))
    _, segments = showing.find_transcript(job.id, request.args.get("after", -1, int))
    return jsonify(segments=[showing.segment_as_json(segment) for segment in segments])


@bp.get("/<uuid:job_id>/recording")
def recording(job_id: UUID) -> ResponseReturnValue:
    """Send the recording itself, whole or in parts; with `download`, to be saved under its name.

    A player gets its parts from here, wherever the file is: its page names no other origin, and
    nobody but us can reach most stores. What is to be saved comes from the store if it can.
    """
    job = presenting.find_visible(str(job_id))
    transcript = playing.find_kept(job.id)
    is_download = "download" in request.args
    link = playing.link(transcript) if is_download else None
    if link is not None:
        return redirect(link, 302)
    response = playing.send(transcript)
    if is_download:
        sending.name_file(response, transcript.name)
    return response


@bp.get("/<uuid:job_id>/transcript.<kind>")
def download(job_id: UUID, kind: str) -> ResponseReturnValue:
    """Download the transcript as far as it is done; with `original`, as it was heard."""
    job = presenting.find_visible(str(job_id))
    return sending.as_file(job.id, kind, original="original" in request.args)


def _page(job: Job, title_form: forms.TitleForm) -> str:
    query = request.args.get("q", "")
    return render_template(
        "speech/show.html",
        job=job,
        outlook=outlook.of(job),
        reading=reading.read(job.id, query),
        query=query,
        title_form=title_form,
        shows_times=_shows_times(),
        choices=reading.choices(),
        label_of=recognisers.label_of,
        formats=FORMATS,
        clock=durations.clock,
        language_name=languages.name,
    )


def _shows_times() -> bool:
    return (request.args.get("times") or request.cookies.get("times")) != "off"
