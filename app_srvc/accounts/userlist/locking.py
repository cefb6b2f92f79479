"""What an operator does to a person: lock them out, let them in again, send them a link."""

import logging

from app_srvc import admission, db
from app_srvc.accounts import access
from app_srvc.accounts.repository import sessions, users
from app_srvc.accounts.repository.users import User
from app_srvc.errors import Conflict, NotFound
from app_srvc.mail import posting
from app_srvc.queues import Queue
from app_srvc.words import _

log = logging.getLogger(__name__)


def lock(user_id: str) -> User:
    """Lock a person out of all their browsers and programs at once, and return them.

    Their tokens stay, and open nothing until they are let in again.

    Raises:
        NotFound: there is nobody like that.
        Conflict: it is whoever asks.
    """
    viewer = access.viewer()
    if viewer.user is not None and viewer.user.id == user_id:
        raise Conflict(_("You cannot lock yourself out; another operator can."))
    with db.transaction() as conn:
        _find(conn, user_id)
        users.set_locked(conn, user_id, locked=True)
        sessions.remove_all(conn, user_id)
        user = _find(conn, user_id)
    _note("locked", user)
    return user


def unlock(user_id: str) -> User:
    """Let a person in again, and return them.

    Raises:
        NotFound: there is nobody like that.
    """
    with db.transaction() as conn:
        _find(conn, user_id)
        users.set_locked(conn, user_id, locked=False)
        user = _find(conn, user_id)
    _note("unlocked", user)
    return user


def send_link(user_id: str) -> User:
    """Mail a person a link to set a password, their first one or a new one, and return them.

    Raises:
        NotFound: there is nobody like that.
        Conflict: they are locked.
        QueueFull: there is no room for the mail just now.
    """
    admission.require_room(Queue.MAIL)
    with db.transaction() as conn:
        user = _find(conn, user_id)
        if user.state == "locked":
            raise Conflict(_("Whoever is locked cannot use a link. Unlock them first."))
        posting.post(conn, user.id, posting.kind_for(user))
    _note("sent a link to", user)
    return user


def _find(conn: db.Connection, user_id: str) -> User:
    user = users.find(conn, user_id)
    if user is None:
        raise NotFound(_("There is nobody like that."))
    return user


def _note(what: str, user: User) -> None:
    log.info("%s %s user %s", access.viewer().name_in_log, what, user.id)
