"""Log people in and out of browsers.

Flask-Login keeps in the cookie which session it is; whose that is stands in the database, so that
it can be ended from elsewhere.
"""

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, login_user, logout_user

from app_srvc import db
from app_srvc.accounts import access, ownership, secret
from app_srvc.accounts.repository import links, sessions, users
from app_srvc.accounts.repository.users import User
from app_srvc.errors import LogInFirst

# What outlives a change of who somebody is. All else in the cookie is made anew.
_KEPT = ("operator", "_flashes")


class Login(UserMixin):
    """Somebody who has logged in, as Flask-Login wants them; its id is that of the session."""

    def __init__(self, token: str, user: User) -> None:
        self.token = token
        self.user = user

    def get_id(self) -> str:
        """Return what the cookie holds."""
        return self.token


def set_up(app: Flask) -> None:
    """Let `current_user` be whoever has logged in."""
    # Templates ask `access.viewer`: the page about a database that is away must not ask it.
    manager = LoginManager(app, add_context_processor=False)
    # Telephones change their address all day; the cookie is signed, and its session can be ended.
    manager.session_protection = None
    manager.user_loader(_load)


def log_in(user: User) -> None:
    """Begin a session in this browser. What its guest had becomes theirs.

    Raises:
        LogInFirst: the account was deleted at this moment.
    """
    guest, token = session.get("guest"), secret.new()
    with db.transaction() as conn:
        if not users.lock(conn, user.id):
            raise LogInFirst
        sessions.remove(conn, secret.digest(session.get("_user_id", "")))
        sessions.add(conn, secret.digest(token), user.id)
        if guest:
            ownership.move(conn, f"{ownership.GUEST}{guest}", user.owner)
    _begin_anew()
    login_user(Login(token, user))
    session.permanent = True


def log_out() -> None:
    """End the session of this browser, also for whoever has a copy of its cookie."""
    with db.transaction() as conn:
        sessions.remove(conn, secret.digest(session.get("_user_id", "")))
        access.stop_being_operator(conn)
    logout_user()
    _begin_anew()


def end_all(conn: db.Connection, user: User) -> None:
    """Log somebody out everywhere, and make the links that were sent to them worthless."""
    sessions.remove_all(conn, user.id)
    links.remove_all(conn, user.id)


def _begin_anew() -> None:
    """Leave nothing in the cookie that was there before, the guest and the forms' token least."""
    kept = {name: session[name] for name in _KEPT if name in session}
    session.clear()
    session.update(kept)
    for name in ("viewer", "csrf_token"):
        g.pop(name, None)


def _load(token: str) -> Login | None:
    with db.transaction() as conn:
        user = sessions.find(conn, secret.digest(token))
    return Login(token, user) if user else None
