"""One-time links with which a person sets a password."""

from datetime import datetime

from app_srvc.accounts.repository.users import COLUMNS, User
from app_srvc.db import Connection


def add(conn: Connection, link_id: str, user_id: str, token_hash: str, hours: int) -> None:
    """Remember a link."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO password_links (id, user_id, token_hash, expires_at)"
            " VALUES (%s, %s, %s, now() + %s * interval '1 hour')",
            (link_id, user_id, token_hash, hours),
        )


def find(conn: Connection, token_hash: str) -> User | None:
    """Return who may set a password with it, unless they are locked."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {COLUMNS} FROM password_links JOIN users ON users.id = user_id"  # noqa: S608
            " WHERE token_hash = %s AND expires_at > now() AND locked_at IS NULL",
            (token_hash,),
        )
        row = cur.fetchone()
    return User(*row) if row else None


def prolong(conn: Connection, link_id: str, hours: int) -> datetime | None:
    """Let a link that can still be used be good for so long from now; None when it cannot."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE password_links SET expires_at = now() + %s * interval '1 hour' FROM users"
            " WHERE password_links.id = %s AND expires_at > now()"
            " AND users.id = user_id AND locked_at IS NULL RETURNING expires_at",
            (hours, link_id),
        )
        row = cur.fetchone()
    return row[0] if row else None


def use(conn: Connection, token_hash: str) -> bool:
    """Use a link up; False when somebody was quicker."""
    with conn.cursor() as cur:
        cur.execute(
            "DELETE FROM password_links WHERE token_hash = %s AND expires_at > now()",
            (token_hash,),
        )
        return cur.rowcount == 1


def remove_all(conn: Connection, user_id: str) -> None:
    """Make all links of a person worthless."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM password_links WHERE user_id = %s", (user_id,))


def forget_old(conn: Connection) -> None:
    """Forget those that have expired."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM password_links WHERE expires_at < now()")
