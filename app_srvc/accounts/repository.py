"""One-time links by which a person becomes an operator."""

import hashlib

from app_srvc.db import Connection


def add_link(conn: Connection, token: str, minutes: int) -> None:
    """Remember a link; only a hash of its token is kept."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM operator_links WHERE expires_at < now()")
        cur.execute(
            "INSERT INTO operator_links (token_hash, expires_at)"
            " VALUES (%s, now() + %s * interval '1 minute')",
            (_hash(token), minutes),
        )


def use_link(conn: Connection, token: str) -> bool:
    """Use a link up; False when it is unknown, used or too old."""
    with conn.cursor() as cur:
        cur.execute(
            "DELETE FROM operator_links WHERE token_hash = %s RETURNING expires_at > now()",
            (_hash(token),),
        )
        row = cur.fetchone()
    return bool(row and row[0])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
