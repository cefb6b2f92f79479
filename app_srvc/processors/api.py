"""Processors for programs, as JSON."""

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.errors import InvalidForm
from app_srvc.jobs.forms import LOOK_AGAIN
from app_srvc.processors import controlling, forms, presenting, sourcing
from app_srvc.processors.records import changing, narrowing
from app_srvc.processors.repository import boxes, reading, sources
from app_srvc.web.negotiation import for_programs
from app_srvc.words import _

bp = for_programs(Blueprint("processors_api", __name__, url_prefix="/api/processors"))
bp.before_request(access.only_operators)


@bp.get("")
def index() -> ResponseReturnValue:
    """List all processors; `served` is false while no worker is there to do their work."""
    with db.transaction() as conn:
        standings = reading.standings(conn)
        is_unserved = presenting.is_unserved(conn)
    return jsonify(processors=[presenting.as_json(it) for it in standings], served=not is_unserved)


@bp.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """Show how a processor stands, and what is set of it."""
    it = presenting.find(name)
    with db.transaction() as conn:
        known, source = controlling.find(conn, name), sources.find(conn, it.id)
    return jsonify(presenting.with_parameters(it, known, source))


@bp.post("/<name>/<any(start, pause, stop, run):action>")
def act(name: str, action: str) -> ResponseReturnValue:
    """Start, pause or stop a processor, or let it run once."""
    controlling.ACTS[action](name)
    return show(name)


@bp.patch("/<name>")
def change(name: str) -> ResponseReturnValue:
    """Change parameters, which act at once; `version` is the one that was seen."""
    with db.transaction() as conn:
        known = controlling.find(conn, name)
    body = request.get_json(silent=True)
    if isinstance(body, dict) and "version" not in body:
        raise InvalidForm(LOOK_AGAIN, {"version": [_("This cannot be empty.")]})
    form = forms.from_json(body, known.values)
    controlling.change(name, forms.read_version(form.version.data), form.values())
    return show(name)


@bp.patch("/<name>/source")
def choose_source(name: str) -> ResponseReturnValue:
    """Let records come from somewhere else; `version` is the one that was seen."""
    it = presenting.find(name)
    with db.transaction() as conn:
        known = sources.find(conn, it.id)
    sourcing.change(name, *sourcing.from_json(request.get_json(silent=True), known))
    return show(name)


@bp.get("/<name>/records")
def records(name: str) -> ResponseReturnValue:
    """List a box of records, newest first; `next` is the address of the next page."""
    it = presenting.find(name)
    form = narrowing.BoxFilter(request.args)
    chosen = form.chosen(it.id)
    with db.transaction() as conn:
        page = boxes.page(conn, chosen, form.key(), form.limit.data or narrowing.PAGE_SIZE)
    following = form.address(page.after) if page.after else None
    return jsonify(
        records=[presenting.record_as_json(one, name) for one in page.records],
        next=url_for(".records", name=name) + following if following else None,
    )


@bp.post("/<name>/records/<any(replay, done):action>")
def change_records(name: str, action: str) -> ResponseReturnValue:
    """Let records be handled anew, or take them for done; `complete` false: ask once more."""
    changed = changing.by_json(presenting.find(name), action)
    return jsonify(changed=changed.number, complete=changed.is_all)
