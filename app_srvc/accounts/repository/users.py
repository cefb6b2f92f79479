"""The rows of people with an account."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app_srvc.accounts import names
from app_srvc.db import Connection


class Profile(NamedTuple):
    """What a person tells about themselves, checked and in its normal form.

    Of two logins, and of two addresses, that differ in their keys no more than one is taken.
    """

    first_name: str
    last_name: str
    name_key: str
    login: str
    login_key: str
    email: str
    email_key: str
    phone: str
    language: str | None


class User(NamedTuple):
    """A person with an account. `state` is waiting (for a password), active or locked."""

    id: str
    first_name: str
    last_name: str
    login: str
    email: str
    phone: str
    role: str
    language: str | None
    state: str
    created_at: datetime

    @property
    def owner(self) -> str:
        """What is written beside all that is theirs."""
        return f"user:{self.id}"

    @property
    def is_operator(self) -> bool:
        """Say whether they look after everything here."""
        return self.role == "operator"


class Secrets(NamedTuple):
    """What a login is checked against."""

    user: User
    password_hash: str | None


COLUMNS = (
    "users.id, first_name, last_name, login, email, phone, role, language, state, users.created_at"
)


def add(conn: Connection, user_id: str, profile: Profile) -> bool:
    """Add a person, and say whether nobody had the login or the address before."""
    given_key = names.given_key(profile.first_name, profile.last_name)
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO users (id, first_name, last_name, name_key, login, login_key, email,"
            " email_key, phone, language, given_key)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (user_id, *profile, given_key),
        )
        return cur.rowcount == 1


def find(conn: Connection, user_id: str) -> User | None:
    """Return a person."""
    return _one(conn, "users.id = %s", user_id)


def find_by_login(conn: Connection, login_key: str) -> User | None:
    """Return who has the login."""
    return _one(conn, "login_key = %s", login_key)


def find_by_email(conn: Connection, email_key: str) -> User | None:
    """Return who has the address."""
    return _one(conn, "email_key = %s", email_key)


def find_secrets(conn: Connection, login_key: str, email_key: str) -> Secrets | None:
    """Return whoever has the login or the address, with the hash of their password."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {COLUMNS}, password_hash FROM users"  # noqa: S608
            " WHERE login_key = %s OR email_key = %s ORDER BY login_key = %s DESC LIMIT 1",
            (login_key, email_key, login_key),
        )
        row = cur.fetchone()
    return Secrets(User(*row[:-1]), row[-1]) if row else None


def set_password(conn: Connection, user_id: str, hashed: str) -> None:
    """Set a password."""
    with conn.cursor() as cur:
        cur.execute("UPDATE users SET password_hash = %s WHERE id = %s", (hashed, user_id))


def lock(conn: Connection, user_id: str) -> bool:
    """Keep a person from being deleted until the transaction ends; False when they are gone."""
    with conn.cursor() as cur:
        cur.execute("SELECT FROM users WHERE id = %s FOR UPDATE", (user_id,))
        return cur.rowcount == 1


def gone(conn: Connection, owners: Sequence[str]) -> list[str]:
    """Return which of these owners are people who have been deleted."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT owner FROM unnest(%s::text[]) AS owner WHERE owner LIKE 'user:%%'"
            " AND NOT EXISTS (SELECT FROM users WHERE id::text = substr(owner, 6))",
            (list(owners),),
        )
        return [owner for (owner,) in cur.fetchall()]


def rehash(conn: Connection, user_id: str, old: str, hashed: str) -> None:
    """Compare and set: keep the same password in a newer form."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE users SET password_hash = %s WHERE id = %s AND password_hash = %s",
            (hashed, user_id, old),
        )


def set_language(conn: Connection, user_id: str, language: str | None) -> None:
    """Remember the language that a person reads; None is as their browser asks."""
    with conn.cursor() as cur:
        cur.execute("UPDATE users SET language = %s WHERE id = %s", (language, user_id))


def set_locked(conn: Connection, user_id: str, *, locked: bool) -> None:
    """Lock a person out, or let them in again; since when it is so stays."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE users SET locked_at = CASE WHEN %s THEN now() END"
            " WHERE id = %s AND (locked_at IS NOT NULL) <> %s",
            (locked, user_id, locked),
        )


def set_role(conn: Connection, login_key: str, role: str) -> bool:
    """Give whoever has the login a role; False when nobody has."""
    with conn.cursor() as cur:
        cur.execute("UPDATE users SET role = %s WHERE login_key = %s", (role, login_key))
        return cur.rowcount == 1


def delete(conn: Connection, user_id: str) -> None:
    """Forget a person, their sessions, tokens, links and mails."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM users WHERE id = %s", (user_id,))


def forget_unconfirmed(conn: Connection, days: int) -> None:
    """Forget those who have not set a password for so long; others may want the login.

    Who has a link that still works is not among them.
    """
    with conn.cursor() as cur:
        cur.execute(
            "DELETE FROM users WHERE state = 'waiting'"
            " AND created_at < now() - %s * interval '1 day' AND NOT EXISTS ("
            " SELECT FROM password_links WHERE user_id = users.id AND expires_at > now())",
            (days,),
        )


def _one(conn: Connection, condition: str, value: str) -> User | None:
    with conn.cursor() as cur:
        cur.execute(f"SELECT {COLUMNS} FROM users WHERE {condition}", (value,))  # noqa: S608
        row = cur.fetchone()
    return User(*row) if row else None
