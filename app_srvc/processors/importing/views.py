"""Pages of imports: the form, and each import as it moves."""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import admission, db, settings
from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.errors import AppError
from app_srvc.jobs import outlook
from app_srvc.processors.importing import forms, intake, showing
from app_srvc.processors.repository import imports
from app_srvc.processors.repository.loops import Processor
from app_srvc.queues import Queue
from app_srvc.settings.limits import Rate
from app_srvc.uploads import receiving
from app_srvc.web import problems, spreadsheet
from app_srvc.web.negotiation import wants_json

bp = Blueprint("importing", __name__)
bp.before_request(access.only_operators)

FORMER = 20


@bp.get("/processors/<name>/import/")
def index(name: str) -> ResponseReturnValue:
    """Show the form, and what was imported before."""
    processor = showing.processor(name)
    if wants_json():
        with db.transaction() as conn:
            former = imports.newest(conn, processor.id, FORMER)
        return jsonify(imports=[showing.former_as_json(name, one) for one in former])
    return _form(processor, {})


@bp.post("/processors/<name>/import/")
@rates.limited(Rate.IMPORTS)
@receiving.streamed
def upload(name: str) -> ResponseReturnValue:
    """Store a file and queue its import."""
    processor = showing.processor(name)
    admission.require_room(Queue.CYCLES)
    submission = receiving.receive(forms.FIELD, at_most=1)
    form = forms.read(submission.fields)
    job_id = intake.take_in(processor.id, submission.uploads[0], form, access.viewer().owner)
    page = url_for(".show", name=name, job_id=job_id)
    if wants_json():
        status = url_for("jobs_api.show", job_id=job_id)
        return jsonify(job_id=job_id, status_url=status, page_url=page), 202
    return redirect(page, 303)


@bp.get("/processors/<name>/import/<uuid:job_id>")
def show(name: str, job_id: UUID) -> ResponseReturnValue:
    """Show how an import stands, and what was wrong with which line."""
    processor = showing.processor(name)
    job, found = showing.find(processor, str(job_id))
    page = showing.faults(found.job_id, request.args.get("after", ""))
    if wants_json():
        return jsonify(showing.as_json(name, job, found, page))
    return render_template(
        "processors/import.html",
        processor=processor,
        job=job,
        outlook=outlook.of(job),
        found=found,
        options=showing.options_of(found),
        faults=page,
    )


@bp.get("/processors/<name>/import/<uuid:job_id>/faults.csv")
def faults(name: str, job_id: UUID) -> ResponseReturnValue:
    """Return all faults that are kept, as a file for spreadsheets."""
    _job, found = showing.find(showing.processor(name), str(job_id))
    return Response(
        showing.faults_as_csv(found.job_id),
        content_type=spreadsheet.TYPE,
        headers={"Content-Disposition": 'attachment; filename="faults.csv"'},
    )


@bp.get("/imports/<uuid:job_id>")
def find(job_id: UUID) -> ResponseReturnValue:
    """Lead from a job to the page of its import."""
    return redirect(url_for(".show", name=showing.name_of(str(job_id)), job_id=job_id))


@bp.errorhandler(AppError)
def refuse(error: AppError) -> ResponseReturnValue:
    """Say beside the fields what is wrong with them; what was written stays."""
    told = getattr(error, "fields", {})
    if request.endpoint != "importing.upload" or wants_json() or not told:
        return problems.show(error)
    name = (request.view_args or {})["name"]
    return _form(showing.processor(name), told), error.status, dict(error.headers)


def _form(processor: Processor, told: Mapping[str, list[str]]) -> str:
    form = forms.read(receiving.fields())
    for name, sentences in told.items():
        form[name].errors = sentences
    with db.transaction() as conn:
        former = imports.newest(conn, processor.id, FORMER)
    return render_template(
        "processors/imports.html",
        processor=processor,
        form=form,
        former=former,
        max_bytes=settings.load().max_upload_bytes,
    )
