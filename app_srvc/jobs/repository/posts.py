"""The lock that makes one process of all the dispatcher."""

from app_srvc.db import Connection

LOCK = 243743


def end_when_silent(conn: Connection, seconds: int) -> None:
    """Let the server end this session, and with it the lock, when nothing is asked for so long."""
    with conn.cursor() as cur:
        cur.execute("SELECT set_config('idle_session_timeout', %s, false)", (f"{seconds}s",))


def hold(conn: Connection, *, is_held: bool) -> tuple[bool, float]:
    """Take the lock, unless this session has it; return whether it has, and the server's time."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT %s OR pg_try_advisory_lock(%s), extract(epoch FROM clock_timestamp())",
            (is_held, LOCK),
        )
        row = cur.fetchone()
    return (bool(row[0]), float(row[1])) if row else (False, 0.0)
