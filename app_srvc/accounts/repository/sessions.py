"""Browsers in which somebody has logged in. The cookie holds a token, this its hash."""

from app_srvc.accounts.repository.users import COLUMNS, User
from app_srvc.db import Connection

# So long after somebody was last here they have to log in again.
LASTS = "30 days"
# It is not written down more often than this that they were.
_STEP = "1 hour"


def add(conn: Connection, token_hash: str, user_id: str) -> None:
    """Remember that somebody has logged in."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO sessions (token_hash, user_id, expires_at)"
            " VALUES (%s, %s, now() + %s::interval)",
            (token_hash, user_id, LASTS),
        )


def find(conn: Connection, token_hash: str) -> User | None:
    """Return who has logged in with it, unless they are locked."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {COLUMNS}, expires_at < now() + %s::interval - %s::interval"  # noqa: S608
            " FROM sessions JOIN users ON users.id = user_id"
            " WHERE token_hash = %s AND expires_at > now() AND locked_at IS NULL",
            (LASTS, _STEP, token_hash),
        )
        row = cur.fetchone()
        if row and row[-1]:
            cur.execute(
                "UPDATE sessions SET expires_at = now() + %s::interval WHERE token_hash = %s",
                (LASTS, token_hash),
            )
    return User(*row[:-1]) if row else None


def remove(conn: Connection, token_hash: str) -> None:
    """Log out one browser."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM sessions WHERE token_hash = %s", (token_hash,))


def remove_all(conn: Connection, user_id: str) -> None:
    """Log a person out everywhere."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM sessions WHERE user_id = %s", (user_id,))


def count(conn: Connection, user_id: str) -> int:
    """Count the browsers in which a person has logged in."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT count(*) FROM sessions WHERE user_id = %s AND expires_at > now()", (user_id,)
        )
        row = cur.fetchone()
    return row[0] if row else 0


def forget_old(conn: Connection) -> None:
    """Forget those that have expired."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM sessions WHERE expires_at < now()")
