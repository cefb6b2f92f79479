"""Who may see what.

A guest is a random id in a signed cookie; what is submitted with the cookie belongs to it. What
is submitted without one, as by curl, belongs to whoever holds its id, which nobody can guess.
An operator sees everything. Anything else of somebody else's is 404.
"""

import secrets
import time
from typing import NamedTuple

from flask import request, session
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms import ValidationError

from app_srvc.errors import NotFound

OPERATOR_SECONDS = 12 * 3600
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
    guest = session.get("guest")
    is_operator = session.get("operator_until", 0.0) > time.time()
    return Viewer(f"guest:{guest}" if guest else None, is_operator)


def make_operator() -> None:
    """Let whoever sent this request be an operator in this browser for half a day."""
    session["operator_until"] = time.time() + OPERATOR_SECONDS


def stop_being_operator() -> None:
    """Be a guest again."""
    session.pop("operator_until", None)


def anyone() -> None:
    """Let everybody in; a person who looks at a page becomes a guest, a program does not."""
    if request.method == "GET" and "guest" not in session and _is_person():
        session["guest"] = secrets.token_hex(16)
        session.permanent = True


def operators() -> None:
    """Let operators in; to others there is nothing here.

    Raises:
        NotFound: this is not an operator.
    """
    if not viewer().is_operator:
        raise NotFound


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


def _is_person() -> bool:
    return "text/html" in request.headers.get("Accept", "")
