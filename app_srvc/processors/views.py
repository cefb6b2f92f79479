"""Pages about processors: the list, each one, and what operators press and set there."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import db, numbers
from app_srvc.accounts import access
from app_srvc.errors import BadRequest, Conflict, InvalidForm
from app_srvc.processors import (
    configuring,
    controlling,
    forms,
    page,
    parts,
    presenting,
    sourcing,
    streaming,
)  # fmt: skip
from app_srvc.processors.repository import audit
from app_srvc.words import _

bp = Blueprint("processors", __name__, url_prefix="/processors")
bp.before_request(access.only_operators)


@bp.get("/")
def index() -> ResponseReturnValue:
    """List all processors."""
    return page.of_list(forms.AddForm())


@bp.post("/")
def add() -> ResponseReturnValue:
    """Add a processor, and show it."""
    form = forms.AddForm(request.form)
    if not form.validate():
        return page.of_list(form), 422
    name = form.name.data or ""
    try:
        controlling.add(name, form.title.data or "", form.handler.data or "")
    except Conflict as error:
        form.name.errors = [error.sentence]
        return page.of_list(form), error.status
    flash(_("%(name)s was added. Look at how it is set, then start it.", name=name))
    return redirect(url_for(".show", name=name), 303)


@bp.get("/-/events")
def list_events() -> ResponseReturnValue:
    """Stream how all processors stand."""
    return streaming.answer(parts.of_list)


@bp.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """Show how a processor stands, and what is set of it."""
    return page.of_one(name)


@bp.get("/<name>/events")
def events(name: str) -> ResponseReturnValue:
    """Stream how a processor stands."""
    presenting.find(name)
    return streaming.answer(lambda: parts.of_one(name))


@bp.post("/<name>/<any(start, pause, stop, run):action>")
def act(name: str, action: str) -> ResponseReturnValue:
    """Start, pause or stop a processor, or let it run once."""
    try:
        controlling.ACTS[action](name)
    except Conflict as error:
        flash(error.sentence, "error")
    back = request.args.get("back") == "list"
    return redirect(url_for(".index") if back else url_for(".show", name=name), 303)


@bp.post("/<name>/parameters")
def change(name: str) -> ResponseReturnValue:
    """Change parameters, which act at once."""
    form = forms.ParametersForm(request.form)
    if not form.validate():
        return page.of_one(name, parameters=form), 422
    try:
        controlling.change(name, forms.read_version(form.version.data), form.values())
    except Conflict as error:
        return page.of_one(name, parameters=form, conflict=error.sentence), error.status
    flash(_("The parameters are saved, and act from now on."))
    return redirect(url_for(".show", name=name, _anchor="parameters"), 303)


@bp.post("/<name>/configuration")
def configure(name: str) -> ResponseReturnValue:
    """Change what the handler is made with."""
    with db.transaction() as conn:
        known = controlling.find(conn, name)
    form = configuring.of_handler(known.handler)
    try:
        config = form.read(request.form)
        controlling.configure(name, _version(), config)
    except (Conflict, InvalidForm) as error:
        return page.of_one(name, config=form, conflict=error.sentence), error.status
    flash(_("The configuration is saved, and acts from the next record on."))
    return redirect(url_for(".show", name=name, _anchor="configuration"), 303)


@bp.post("/<name>/source")
def choose_source(name: str) -> ResponseReturnValue:
    """Choose where records come from."""
    presenting.find(name)
    form = sourcing.form()
    try:
        kind, config = sourcing.from_form(request.form, form)
        sourcing.change(name, _version(), kind, config)
    except (Conflict, InvalidForm) as error:
        return page.of_one(name, source=form, conflict=error.sentence), error.status
    flash(_("The source is saved, and read from the next start on."))
    return redirect(url_for(".show", name=name, _anchor="source"), 303)


@bp.post("/<name>/delete")
def delete(name: str) -> ResponseReturnValue:
    """Delete a processor with all its records."""
    if controlling.delete(name):
        flash(_("%(name)s was deleted.", name=name))
        return redirect(url_for(".index"), 303)
    flash(_("It has very many records, and some are left: please delete it once more."), "error")
    return redirect(url_for(".show", name=name), 303)


@bp.get("/<name>/audit")
def history(name: str) -> ResponseReturnValue:
    """Show who did what to a processor."""
    it = presenting.find(name)
    with db.transaction() as conn:
        acts, has_older = audit.newest(conn, it.id, before=_before())
    return render_template(
        "processors/audit.html",
        it=it, acts=acts, actions=presenting.ACTIONS, is_first="before" not in request.args,
        older=acts[-1].id if has_older else None,
    )  # fmt: skip


def _version() -> int:
    try:
        return forms.read_version(request.form.get("version"))
    except ValueError as error:
        raise BadRequest from error


def _before() -> int | None:
    text = request.args.get("before", "")
    if not text:
        return None
    key = numbers.read(text)
    if key is None:
        raise BadRequest(_("There is no such page."))
    return key
