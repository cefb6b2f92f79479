"""People with an account, made without the pages on which they would register."""

from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.accounts import names, secret, viewing
from app_srvc.accounts.repository import sessions, tokens, users
from app_srvc.jobs import submission


def add_user(
    login: str = "olena",
    *,
    first_name: str = "Olena",
    last_name: str = "Koval",
    email: str | None = None,
    language: str | None = None,
) -> str:
    """Add a person who has not set a password yet, and return their id."""
    user_id = submission.new_id()
    name, address = names.login(login), names.email(email or f"{login}@example.org")
    profile = users.Profile(
        first_name, last_name, names.name_key(first_name, last_name), *name, *address,
        "+380441234567", language,
    )  # fmt: skip
    with db.transaction() as conn:
        assert users.add(conn, user_id, profile)
    return user_id


def member(login: str, *, state: str = "active", role: str = "user", **told: str) -> str:
    """Add a person in a state, with a password that nobody knows, and return their id."""
    user_id = add_user(login, **told)
    with db.transaction() as conn:
        if state != "waiting":
            users.set_password(conn, user_id, "no hash of any password")
        users.set_locked(conn, user_id, locked=state == "locked")
        users.set_role(conn, names.login_key(login), role)
    return user_id


def logged_in(app: Flask, user_id: str) -> FlaskClient:
    """Return a browser in which a person has logged in, without the hashing of passwords."""
    client, token = app.test_client(), secret.new()
    with db.transaction() as conn:
        sessions.add(conn, secret.digest(token), user_id)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client


def bearer(user_id: str, *scopes: str) -> dict[str, str]:
    """Make a token for a person, and return the headers with which a program sends it."""
    token = viewing.TOKEN_PREFIX + secret.new()
    with db.transaction() as conn:
        tokens.add(
            conn, submission.new_id(), user_id, name="test", token_hash=secret.digest(token),
            scopes=list(scopes), days=None,
        )  # fmt: skip
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}
