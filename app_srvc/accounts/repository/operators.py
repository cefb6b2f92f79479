"""One-time links by which a person becomes an operator, and who has become one."""

from app_srvc.accounts import secret
from app_srvc.db import Connection


def add_link(conn: Connection, token: str, minutes: int) -> None:
    """Remember a link; only a hash of its token is kept."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM operator_links WHERE expires_at < now()")
        cur.execute(
            "INSERT INTO operator_links (token_hash, expires_at)"
            " VALUES (%s, now() + %s * interval '1 minute')",
            (secret.digest(token), minutes),
        )


def use_link(conn: Connection, token: str) -> bool:
    """Use a link up; False when it is unknown, used or too old."""
    with conn.cursor() as cur:
        cur.execute(
            "DELETE FROM operator_links WHERE token_hash = %s RETURNING expires_at > now()",
            (secret.digest(token),),
        )
        row = cur.fetchone()
    return bool(row and row[0])


def add_operator(conn: Connection, token: str, seconds: int) -> None:
    """Let whoever holds the token be an operator for so long."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM operators WHERE expires_at < now()")
        cur.execute(
            "INSERT INTO operators (token_hash, expires_at)"
            " VALUES (%s, now() + %s * interval '1 second')",
            (secret.digest(token), seconds),
        )


def is_operator(conn: Connection, token: str) -> bool:
    """Say whether the holder of the token is an operator."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT FROM operators WHERE token_hash = %s AND expires_at > now()",
            (secret.digest(token),),
        )
        return bool(cur.rowcount)


def remove_operator(conn: Connection, token: str) -> None:
    """Let the holder of the token be an operator no more."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM operators WHERE token_hash = %s", (secret.digest(token),))
