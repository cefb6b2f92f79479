"""The page of what is kept for how long: look what would go, then save."""

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import db, periods
from app_srvc.accounts import access
from app_srvc.errors import Conflict, InvalidForm
from app_srvc.jobs.forms import LOOK_AGAIN
from app_srvc.retention import changing, forms, kinds, presenting
from app_srvc.retention.repository.counts import AHEAD_DAYS
from app_srvc.web.negotiation import wants_json
from app_srvc.words import Sentence, _

bp = Blueprint("retention", __name__, url_prefix="/ops/retention")
bp.before_request(access.only_operators)

LAST_CHANGES = 20


@bp.get("")
def index() -> ResponseReturnValue:
    """Show what is kept, and what would go with the days that the address names."""
    with db.transaction() as conn:
        now = periods.in_force(conn)
    form = forms.from_address(now)
    if not form.validate():
        return _refuse(form)
    return _page(form)


@bp.post("")
def save() -> ResponseReturnValue:
    """Set for how long things are kept."""
    with db.transaction() as conn:
        now = periods.in_force(conn)
    form = forms.from_body(now)
    if not form.validate():
        return _refuse(form)
    try:
        changing.save(form.told_version(), form.days())
    except Conflict as error:
        if wants_json():
            raise
        return _page(form, conflict=error.sentence), error.status
    if wants_json():
        return _page(form)
    flash(_("Saved. It acts from the next sweep on."))
    return redirect(url_for(".index"), 303)


def _refuse(form: forms.PeriodsForm) -> ResponseReturnValue:
    if wants_json():
        raise InvalidForm(LOOK_AGAIN, form.errors)
    return _page(form), 422


def _page(form: forms.PeriodsForm, conflict: Sentence | str | None = None) -> str | Response:
    with db.transaction() as conn:
        now, version = periods.in_force(conn), periods.repository.find(conn).version
        there = kinds.adjustable(conn, now) + kinds.others(conn)
        wanted = None if form.errors else form.days()
        would = kinds.adjustable(conn, wanted) if wanted and _is_asked(conflict) else None
        changes = periods.repository.changes(conn, LAST_CHANGES)
        sources = kinds.sources_of(conn)
    if wants_json():
        return jsonify(
            version=version,
            periods=presenting.days_as_json(now, sources),
            kinds=[presenting.kind_as_json(kind) for kind in there],
            would_go=would and [presenting.kind_as_json(kind) for kind in would],
            changes=[presenting.change_as_json(change) for change in changes],
        )
    return render_template(
        "retention/index.html",
        form=form, conflict=conflict, version=version, now=now, kinds=there, wanted=wanted,
        would=would, changes=changes, sources=kinds.SOURCES, ahead=AHEAD_DAYS,
        environment=periods.of_environment(),
    )  # fmt: skip


def _is_asked(conflict: Sentence | str | None) -> bool:
    """Say whether it is to be shown what would go: also to whoever somebody else was faster."""
    return conflict is not None or (request.method == "GET" and forms.looking())
