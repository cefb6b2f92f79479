"""Who is asking.

Somebody with an account comes in with a session in a cookie, or with a token in the header
`Authorization: Bearer`. A guest is a random id in a signed cookie; what is submitted with the
cookie belongs to it. What is submitted without one, as by curl, belongs to whoever holds its id,
which nobody can guess. An operator sees everything. Anything else of somebody else's is 404.
"""

from typing import NamedTuple

from flask import Blueprint, current_app, g, request, session
from flask_login import current_user

from app_srvc import db, settings
from app_srvc.accounts import secret
from app_srvc.accounts.ownership import GUEST
from app_srvc.accounts.repository import operators, tokens
from app_srvc.accounts.repository.users import User
from app_srvc.errors import WrongToken

# What a token may be made for.
READ, SUBMIT, OPERATE = "read", "submit", "operate"
# What tokens of ours begin with, so that they are found where they should not be.
TOKEN_PREFIX = "cherha_"  # noqa: S105  # It is no secret itself.


class Viewer(NamedTuple):
    """Who is asking. `owner` None is somebody without a cookie.

    `scopes` is what their token may; None is no token but a browser, which may all they may.
    """

    owner: str | None
    is_operator: bool
    user: User | None = None
    scopes: frozenset[str] | None = None

    @property
    def language(self) -> str | None:
        """The language they have chosen for their account."""
        return self.user.language if self.user else None

    @property
    def name(self) -> str:
        """By which name operators know whoever has done something."""
        return self.user.login if self.user else "operator"

    @property
    def name_in_log(self) -> str:
        """The same for the log, where no logins are."""
        return f"user {self.user.id}" if self.user else "an operator without an account"

    def may_see(self, owner: str | None) -> bool:
        """Say whether something of `owner` may be shown; None is open to whoever knows its id."""
        return self.is_operator or owner is None or owner == self.owner

    def may_submit(self) -> bool:
        """Say whether they may hand work in."""
        return self.user is not None or self.is_operator or settings.load().allow_guests


def viewer() -> Viewer:
    """Return who sent this request.

    Raises:
        WrongToken: it came with a token that opens nothing.
        DatabaseDown: that cannot be found out now. Asked once more, for the page that says so, it
            is nobody.
    """
    if "viewer" not in g:
        g.viewer = Viewer(None, is_operator=False)  # For the page that says what is wrong.
        g.viewer = _by_token() or _by_cookie()
    found: Viewer = g.viewer
    return found


def take_foreign_keys(bp: Blueprint) -> Blueprint:
    """Mark a blueprint whose clients send keys of other services: those are taken for no key."""
    bp.takes_foreign_keys = True  # type: ignore[attr-defined]
    return bp


def _takes_foreign_keys() -> bool:
    bp = current_app.blueprints.get(request.blueprint or "")
    return getattr(bp, "takes_foreign_keys", False)


def _by_token() -> Viewer | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    token = token.strip()
    if not token.startswith(TOKEN_PREFIX) and _takes_foreign_keys():
        return None
    with db.transaction() as conn:
        bearer = tokens.find(conn, secret.digest(token))
    if bearer is None:
        raise WrongToken
    scopes = frozenset(bearer.scopes)
    user = bearer.user
    return Viewer(user.owner, user.is_operator and OPERATE in scopes, user, scopes)


def _by_cookie() -> Viewer:
    if not session:
        return Viewer(None, is_operator=False)
    guest = session.get("guest")
    owner = f"{GUEST}{guest}" if guest else None
    user = current_user.user if current_user.is_authenticated else None
    is_operator = _holds_operators_cookie()
    if user is None:
        return Viewer(owner, is_operator)
    return Viewer(user.owner, is_operator or user.is_operator, user)


def _holds_operators_cookie() -> bool:
    if "operator" not in session:
        return False
    with db.transaction() as conn:
        return operators.is_operator(conn, session["operator"])
