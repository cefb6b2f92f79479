"""Tokens with which programs come in, as `Authorization: Bearer`. Their hashes are kept alone."""

from datetime import datetime
from typing import NamedTuple

from app_srvc.accounts.repository.users import COLUMNS, User
from app_srvc.db import Connection

# It is not written down more often than this that a token was used.
_STEP = "1 minute"


class Token(NamedTuple):
    """A token as its owner sees it. `expires_at` None is one that lasts until it is revoked."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class Bearer(NamedTuple):
    """Whose a token is, and what it may."""

    user: User
    scopes: list[str]


def add(
    conn: Connection,
    token_id: str,
    user_id: str,
    *,
    name: str,
    token_hash: str,
    scopes: list[str],
    days: int | None,
) -> None:
    """Remember a token; `days` None is without an end."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO api_tokens (id, user_id, name, token_hash, scopes, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, now() + %s * interval '1 day')",
            (token_id, user_id, name, token_hash, scopes, days),
        )


def find(conn: Connection, token_hash: str) -> Bearer | None:
    """Return who comes in with it, unless they are locked, and note that it was used."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {COLUMNS}, scopes,"  # noqa: S608
            " coalesce(last_used_at < now() - %s::interval, true)"
            " FROM api_tokens JOIN users ON users.id = user_id WHERE token_hash = %s"
            " AND (expires_at IS NULL OR expires_at > now()) AND locked_at IS NULL",
            (_STEP, token_hash),
        )
        row = cur.fetchone()
        if row and row[-1]:
            cur.execute(
                "UPDATE api_tokens SET last_used_at = now() WHERE token_hash = %s", (token_hash,)
            )
    return Bearer(User(*row[:-2]), row[-2]) if row else None


def of_user(conn: Connection, user_id: str) -> list[Token]:
    """Return a person's tokens, newest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, name, scopes, created_at, expires_at, last_used_at FROM api_tokens"
            " WHERE user_id = %s ORDER BY created_at DESC, id",
            (user_id,),
        )
        return [Token(*row) for row in cur.fetchall()]


def revoke(conn: Connection, user_id: str, token_id: str) -> bool:
    """Forget a person's token; False when they have none like that."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM api_tokens WHERE id = %s AND user_id = %s", (token_id, user_id))
        return cur.rowcount == 1
