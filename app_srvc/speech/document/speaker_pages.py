"""The page on which people say who speaks in a recording."""

from collections.abc import Mapping
from uuid import UUID

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import db, numbers
from app_srvc.errors import InvalidForm
from app_srvc.jobs import presenting
from app_srvc.jobs.repository.reading import Job
from app_srvc.speech import durations, showing
from app_srvc.speech.document import forms, naming, pages, speaking
from app_srvc.speech.document.repository import speakers
from app_srvc.web.negotiation import wants_json
from app_srvc.words import _

bp = pages.bp

SENTENCES_AT_ONCE = 200


@bp.get("/<uuid:job_id>/speakers")
def people(job_id: UUID) -> ResponseReturnValue:
    """Show who speaks, and which sentences are whose."""
    job = presenting.find_visible(str(job_id))
    return _as_json(job) if wants_json() else _page(job)


@bp.post("/<uuid:job_id>/speakers")
def assign(job_id: UUID) -> ResponseReturnValue:
    """Let sentences be somebody's."""
    job = presenting.find_visible(str(job_id))
    form = forms.SpeakersForm(request.form)
    try:
        form.check()
        naming.assign(
            job, form.stretches(), form.speaker.data, form.name.data or "",
            between=form.between.data,
        )  # fmt: skip
    except InvalidForm as error:
        return _refused(job, error)
    return _done(job)


@bp.post("/<uuid:job_id>/speakers/names")
def rename(job_id: UUID) -> ResponseReturnValue:
    """Give speakers other names; one without a name is forgotten."""
    job = presenting.find_visible(str(job_id))
    names = {
        number: name
        for key, name in request.form.items()
        if key.startswith("name-")
        and (number := numbers.read(key.removeprefix("name-"), most=10**8 - 1)) is not None
    }
    try:
        naming.rename(job, names)
    except InvalidForm as error:
        return _refused(job, error)
    return _done(job)


def _done(job: Job) -> ResponseReturnValue:
    if wants_json():
        return _as_json(job)
    flash(_("Saved."))
    page = request.args.get("page", 1, int)
    return redirect(url_for(".people", job_id=job.id, page=page if page > 1 else None), 303)


def _refused(job: Job, error: InvalidForm) -> ResponseReturnValue:
    if wants_json():
        raise error
    return _page(job, error.fields), 422


def _as_json(job: Job) -> Response:
    _transcript, segments = showing.find_transcript(job.id)
    with db.transaction() as conn:
        known = speakers.of(conn, job.id)
    return jsonify(
        speakers=[one._asdict() for one in known],
        sentences=[one._asdict() for one in speaking.sentences(segments)],
    )


def _page(job: Job, wrong: Mapping[str, list[str]] | None = None) -> str:
    transcript, segments = showing.find_transcript(job.id)
    with db.transaction() as conn:
        known = speakers.of(conn, job.id)
    said = speaking.sentences(segments)
    last_page = max(1, -(-len(said) // SENTENCES_AT_ONCE))
    page = min(max(1, request.args.get("page", 1, int)), last_page)
    return render_template(
        "speech/document/speakers.html",
        job=job, transcript=transcript, speakers=known, wrong=wrong or {}, sent=request.form,
        sentences=said[(page - 1) * SENTENCES_AT_ONCE : page * SENTENCES_AT_ONCE],
        page=page, last_page=last_page, clock=durations.clock, longest=naming.LONGEST_NAME,
        form=forms.SpeakersForm(request.form),
    )  # fmt: skip
