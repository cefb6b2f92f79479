"""Who may come in: every blueprint has one of these rules as its first `before_request`."""

import secrets
import time

from flask import request, session
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms import ValidationError

from app_srvc import db, settings
from app_srvc.accounts import secret
from app_srvc.accounts.repository import operators
from app_srvc.accounts.repository.users import User
from app_srvc.accounts.viewing import OPERATE, READ, SUBMIT, Viewer, take_foreign_keys, viewer
from app_srvc.errors import Forbidden, LogInFirst, NotFound
from app_srvc.web.negotiation import is_browser
from app_srvc.words import _

__all__ = ["Viewer", "take_foreign_keys", "viewer"]

OPERATOR_SECONDS = 12 * 3600
RENEW_SECONDS = 30 * 86400
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_csrf(token: str | None) -> None:
    """Refuse a change that another site could have sent with this visitor's cookie.

    Without a cookie there is nothing to borrow, and with a token nothing is borrowed.

    Raises:
        CSRFError: the token of the form is missing or wrong.
    """
    if request.method in SAFE_METHODS or not session or viewer().scopes is not None:
        return
    try:
        validate_csrf(token or request.headers.get("X-CSRFToken"))
    except ValidationError as error:
        raise CSRFError(str(error)) from error


def make_operator(conn: db.Connection) -> None:
    """Let whoever sent this request be an operator in this browser for half a day."""
    session["operator"] = secret.new()
    operators.add_operator(conn, session["operator"], OPERATOR_SECONDS)


def stop_being_operator(conn: db.Connection) -> None:
    """Let this browser's cookie, and whoever has a copy of it, be an operator no more."""
    operators.remove_operator(conn, session.get("operator", ""))
    db.after_commit(conn, lambda: session.pop("operator", None))


def everybody() -> None:
    """Let everybody in; a person who looks at a page becomes a guest, a program does not."""
    _check_scopes()
    if request.method != "GET" or not is_browser():
        return
    if viewer().user is None:
        session.setdefault("guest", secrets.token_hex(16))
    # A cookie ends a year after it was last sent, so it is sent now and then.
    if time.time() - session.get("renewed", 0.0) > RENEW_SECONDS:
        session["renewed"] = round(time.time())
        session.permanent = True


def probes() -> None:
    """Let everybody in, and ask nothing: who is well does not depend on who asks."""


def link_holders() -> None:
    """Let everybody in, without a cookie: a secret in the address decides what it opens."""


def submitters() -> None:
    """Let in who may hand work in: everybody, or with ALLOW_GUESTS=false those with an account.

    Raises:
        LogInFirst: they may not.
    """
    if not viewer().may_submit():
        raise LogInFirst
    everybody()


def account_holders() -> None:
    """Let in who has logged in, in a browser: a token is not enough to change an account.

    Raises:
        LogInFirst: they have not.
        Forbidden: they came with a token.
    """
    who = viewer()
    if who.scopes is not None:
        raise Forbidden(_("That can only be done in a browser, by whoever has logged in there."))
    if who.user is None:
        raise LogInFirst
    everybody()


def account_holder() -> User:
    """Return who has logged in, to a view into which only account holders are let."""
    user = viewer().user
    assert user is not None  # noqa: S101  # See above.
    return user


def only_operators() -> None:
    """Let operators in; for others with an account there is nothing here.

    Raises:
        LogInFirst: they have not logged in.
        NotFound: they are no operator.
    """
    who = viewer()
    if not who.is_operator:
        raise NotFound(_("There is nothing at this address.")) if who.user else LogInFirst
    everybody()


def monitors() -> None:
    """Let in a monitor that sends METRICS_TOKEN, without asking the database, and operators.

    Raises:
        LogInFirst: it sends none, or a wrong one.
        NotFound: somebody else with an account asks.
    """
    token = settings.load().metrics_token
    if token is not None:
        wanted = f"Bearer {token.get_secret_value()}"
        sent = request.headers.get("Authorization", "")
        if secrets.compare_digest(sent.encode(), wanted.encode()):
            return
    only_operators()


def _check_scopes() -> None:
    scopes = viewer().scopes
    needed = READ if request.method in SAFE_METHODS else SUBMIT
    if scopes is not None and not scopes & {needed, OPERATE}:
        raise Forbidden(
            _("This token was not made for that; it takes the scope %(scope)s.", scope=needed)
        )
