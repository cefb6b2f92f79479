"""Pages about records: the boxes, each record, and what operators do with them."""

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.errors import BadRequest, Conflict, InvalidForm, NotFound
from app_srvc.processors import controlling, presenting
from app_srvc.processors.handlers.templates import kind_of
from app_srvc.processors.records import changing, exporting, narrowing, rehearsing
from app_srvc.processors.records import page as record_page
from app_srvc.processors.repository import audit, boxes, history, payloads
from app_srvc.web import patience
from app_srvc.words import _

bp = Blueprint("processor_records", __name__, url_prefix="/processors/<name>/records")
bp.before_request(access.only_operators)


@bp.get("/")
def index(name: str) -> ResponseReturnValue:
    """List a box of records, newest first."""
    it = presenting.find(name)
    form = narrowing.BoxFilter(request.args)
    page, status = boxes.Page([], None), 200
    try:
        chosen = form.chosen(it.id)
        with db.transaction() as conn:
            page = boxes.page(conn, chosen, form.key(), form.limit.data or narrowing.PAGE_SIZE)
    except InvalidForm as error:
        status = error.status
    return render_template(
        "processors/records.html", it=it, form=form, page=page, statuses=presenting.STATUSES
    ), status


@bp.get("/find")
def find(name: str) -> ResponseReturnValue:
    """Lead to the record with a key."""
    it = presenting.find(name)
    with db.transaction() as conn:
        key = request.args.get("key", "").replace("\0", "")
        record_id = history.find_key(conn, it.id, key)
    if record_id is None:
        flash(_("There is no record with that key."), "error")
        return redirect(url_for("processors.show", name=name), 303)
    return redirect(url_for(".show", name=name, record_id=record_id), 303)


@bp.get("/export")
def export(name: str) -> ResponseReturnValue:
    """Return all records that match, as a file."""
    it = presenting.find(name)
    chosen = narrowing.BoxFilter(request.args).chosen(it.id)
    kind = request.args.get("as", "jsonl")
    if kind not in exporting.KINDS:
        raise BadRequest
    pieces = exporting.pieces(name, chosen, kind)
    body = patience.begun(pieces, request.environ.get("gunicorn.socket"))
    with db.transaction() as conn:
        audit.note(conn, it.id, controlling.actor(), "export", of=chosen.statuses[0])
    file = f"{name}-{chosen.statuses[0]}-{datetime.now(UTC):%Y-%m-%d}.{kind}"
    return Response(
        body,
        content_type=exporting.KINDS[kind],
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )


@bp.post("/change")
def change(name: str) -> ResponseReturnValue:
    """Let records be handled anew, or take them for done: those ticked, or all that match."""
    it = presenting.find(name)
    flash(changing.by_form(it).sentence)
    record_id = request.args.get("record", type=int)
    if record_id:
        return redirect(url_for(".show", name=name, record_id=record_id), 303)
    return redirect(url_for(".index", name=name) + narrowing.sent_address(), 303)


@bp.get("/<int:record_id>")
def show(name: str, record_id: int) -> ResponseReturnValue:
    """Show a record: what is in it, and what became of it."""
    return record_page.of(name, record_id)


@bp.get("/<int:record_id>/payload")
def download(name: str, record_id: int) -> ResponseReturnValue:
    """Return what is in a record, or was, as a file."""
    record = record_page.find(name, record_id)
    number = request.args.get("version", type=int)
    with db.transaction() as conn:
        if number is None:
            found = payloads.body(conn, record.id)
        else:
            found = payloads.version_body(conn, record.id, number)
    if found is None:
        raise NotFound
    kind = kind_of(found[0])
    ending = "bin" if kind == "text" else kind
    headers = {"Content-Disposition": f'attachment; filename="record-{record.id}.{ending}"'}
    # Never as what it says it is: it could be a page of somebody's.
    return Response(found[1], content_type="application/octet-stream", headers=headers)


@bp.post("/<int:record_id>/payload")
def edit(name: str, record_id: int) -> ResponseReturnValue:
    """Put something else into a record; what was there is kept."""
    record = record_page.find(name, record_id)
    text = request.form.get("body", "")
    try:
        record_page.edit(record, text, request.form.get("versions", ""))
    except (InvalidForm, Conflict) as error:
        return record_page.of(name, record_id, text=text, wrong=error.sentence), error.status
    flash(_("It is saved. What was there before is kept below."))
    return redirect(url_for(".show", name=name, record_id=record_id), 303)


@bp.post("/<int:record_id>/try")
def try_out(name: str, record_id: int) -> ResponseReturnValue:
    """Show what would be done with a record, and do none of it."""
    record = record_page.find(name, record_id)
    try:
        tried = rehearsing.rehearse(name, record)
    except Conflict as error:
        flash(error.sentence, "error")
        return redirect(url_for(".show", name=name, record_id=record_id), 303)
    return record_page.of(name, record_id, tried=tried)
