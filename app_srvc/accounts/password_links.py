"""One-time links by which a person sets a password, sent by mail.

The token follows from the link's id and SECRET_KEY. So the mail can be written again by another
attempt, with the same link, and yet nothing that is stored opens anything.
"""

from datetime import datetime

from app_srvc.accounts import secret
from app_srvc.accounts.repository import links
from app_srvc.accounts.repository.users import User
from app_srvc.db import Connection

VALID_HOURS = 24


def add(conn: Connection, link_id: str, user_id: str) -> None:
    """Make a link, valid for a day or until a password is set."""
    links.add(conn, link_id, user_id, secret.digest(token_of(link_id)), VALID_HOURS)


def prolong(conn: Connection, link_id: str) -> datetime | None:
    """Let a link that can still be used be good for a day from now, and return until when.

    So a day is a day for its reader, however long the mail had to wait.
    """
    return links.prolong(conn, link_id, VALID_HOURS)


def token_of(link_id: str) -> str:
    """Return the token that is in the link."""
    return secret.keyed("password link", link_id)


def find(conn: Connection, token: str) -> User | None:
    """Return who may set a password with a token; None when it is used, too old, or wrong."""
    return links.find(conn, secret.digest(token))


def use(conn: Connection, token: str) -> bool:
    """Use a link up; False when somebody was quicker."""
    return links.use(conn, secret.digest(token))
