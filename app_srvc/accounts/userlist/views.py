"""The list of people with an account, for operators."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.accounts.repository import listing as repository
from app_srvc.accounts.repository.users import User
from app_srvc.accounts.userlist import exporting, listing, locking
from app_srvc.errors import InvalidForm
from app_srvc.web import patience, spreadsheet
from app_srvc.web.negotiation import wants_json
from app_srvc.words import Sentence, _

bp = Blueprint("userlist", __name__, url_prefix="/userlist")
bp.before_request(access.only_operators)


@bp.get("/")
def index() -> ResponseReturnValue:
    """List people; `next` is the address of the next page.

    `complete` is false where very many match, and this order does not have them all.
    """
    form = listing.UserFilter(request.args)
    page = repository.Page([], None)
    try:
        asked = form.asked()
    except InvalidForm:
        if wants_json():
            raise
        return _page(form, page, None), 422
    with db.transaction() as conn:
        page = repository.page(conn, asked)
    after = listing.write_key(asked.sort, page.after) if page.after else None
    next_address = listing.address(after=after) if after else None
    if wants_json():
        return jsonify(
            users=[listing.as_json(user) for user in page.people],
            next=url_for(".index") + next_address if next_address else None,
            complete=page.is_complete,
        )
    return _page(form, page, next_address)


@bp.get("/users.csv")
def export() -> ResponseReturnValue:
    """Return all people who were asked for, as a file for spreadsheets."""
    asked = listing.UserFilter(request.args).asked()
    body = patience.begun(exporting.pieces(asked), request.environ.get("gunicorn.socket"))
    name = f"users-{datetime.now(UTC):%Y-%m-%d}.csv"
    return Response(
        body,
        content_type=spreadsheet.TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@bp.post("/<uuid:user_id>/lock")
def lock(user_id: UUID) -> ResponseReturnValue:
    """Lock a person out."""
    return _done(
        locking.lock, user_id, _("%(name)s is locked out, and no longer logged in anywhere.")
    )


@bp.post("/<uuid:user_id>/unlock")
def unlock(user_id: UUID) -> ResponseReturnValue:
    """Let a person in again."""
    return _done(locking.unlock, user_id, _("%(name)s may log in again."))


@bp.post("/<uuid:user_id>/link")
def link(user_id: UUID) -> ResponseReturnValue:
    """Send a person a link to set a password."""
    return _done(locking.send_link, user_id, _("A link to set a password goes to %(name)s."))


def _done(act: Callable[[str], User], user_id: UUID, sentence: Sentence) -> ResponseReturnValue:
    """Act, and lead back to where the button was."""
    user = act(str(user_id))
    if wants_json():
        return jsonify(listing.as_json(user))
    flash(sentence % {"name": f"{user.first_name} {user.last_name}"})
    return redirect(f"{url_for('.index')}{listing.address()}#user-{user.id}", 303)


def _page(form: listing.UserFilter, page: repository.Page, next_address: str | None) -> str:
    return render_template(
        "accounts/userlist.html",
        form=form,
        people=page.people,
        is_complete=page.is_complete,
        states=listing.STATES,
        query=listing.query(),
        first_address=listing.address(after=None),
        newest_address=listing.address(after=None, sort=None),
        next_address=next_address,
    )
