"""Who may see what.

A guest is a random id in a signed cookie; what is submitted with the cookie belongs to it. What
is submitted without one, as by curl, belongs to whoever holds its id, which nobody can guess.
An operator sees everything. Anything else of somebody else's is 404.
"""

import secrets
import time
from typing import NamedTuple

from flask import g, request, session
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms import ValidationError

from app_srvc import db
from app_srvc.accounts import repository
from app_srvc.errors import DatabaseDown

OPERATOR_SECONDS = 12 * 3600
RENEW_SECONDS = 30 * 86400
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Viewer(NamedTuple):
    """Who is asking. `owner` None is somebody without a cookie."""

    owner: str | None
    is_operator: bool

    def may_see(self, owner: str | None) -> bool:
        """Say whether something of `owner` may be shown; None is open to whoever knows its id."""
        return self.is_operator or owner is None or owner == self.owner


def viewer() -> Viewer:
    """Return who sent this request."""
    if "viewer" not in g:
        guest = session.get("guest")
        g.viewer = Viewer(f"guest:{guest}" if guest else None, _is_operator())
    found: Viewer = g.viewer
    return found


def make_operator(conn: db.Connection) -> None:
    """Let whoever sent this request be an operator in this browser for half a day."""
    session["operator"] = secrets.token_urlsafe(32)
    repository.add_operator(conn, session["operator"], OPERATOR_SECONDS)


def stop_being_operator() -> None:
    """Be a guest again, also for whoever has a copy of the cookie."""
    with db.transaction() as conn:
        repository.remove_operator(conn, session.pop("operator", ""))


def anyone() -> None:
    """Let everybody in; a person who looks at a page becomes a guest, a program does not."""
    if request.method != "GET" or not _is_person():
        return
    session.setdefault("guest", secrets.token_hex(16))
    # A cookie ends a year after it was last sent, so it is sent now and then.
    if time.time() - session.get("renewed", 0.0) > RENEW_SECONDS:
        session["renewed"] = round(time.time())
        session.permanent = True


def check_csrf(token: str | None) -> None:
    """Refuse a change that another site could have sent with this visitor's cookie.

    Without a cookie there is nothing to borrow, and nothing to check.

    Raises:
        CSRFError: the token is missing or wrong.
    """
    if request.method in SAFE_METHODS or not session:
        return
    try:
        validate_csrf(token or request.headers.get("X-CSRFToken"))
    except ValidationError as error:
        raise CSRFError(str(error)) from error


def _is_operator() -> bool:
    if "operator" not in session:
        return False
    try:
        with db.transaction() as conn:
            return repository.is_operator(conn, session["operator"])
    except DatabaseDown:
        return False  # The page that says so can still be shown.


def _is_person() -> bool:
    return "text/html" in request.headers.get("Accept", "")
