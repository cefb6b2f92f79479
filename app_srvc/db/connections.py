"""Connections to PostgreSQL that nobody waits on for ever.

A database that hangs is treated like one that is down, after `PATIENCE_SECONDS`.
"""

import select
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg2
import psycopg2.extensions

from app_srvc import settings
from app_srvc.errors import DatabaseDown

PATIENCE_SECONDS = 10.0

# What psycopg2 raises when it is the server or the way to it, and sometimes the statement.
ERRORS = (psycopg2.OperationalError, psycopg2.InterfaceError)

_POLL_FOR = {
    psycopg2.extensions.POLL_READ: select.POLLIN,
    psycopg2.extensions.POLL_WRITE: select.POLLOUT,
}


class Connection(psycopg2.extensions.connection):
    """A connection that remembers what is to happen once its transaction stands."""

    after_commit: list[Callable[[], object]]
    prepared: set[str]
    patience_seconds: float = PATIENCE_SECONDS


def connect() -> Connection:
    """Open a connection outside the pool, for what lasts longer than a transaction.

    Raises:
        DatabaseDown: PostgreSQL could not be reached in time.
    """
    psycopg2.extensions.set_wait_callback(wait)
    try:
        conn = psycopg2.connect(
            settings.load().database_url,
            connection_factory=Connection,
            application_name="cherha",
            # The server is not to go on with what nobody waits for any more.
            options=f"-c statement_timeout={1000 * PATIENCE_SECONDS:.0f}",
        )
    except psycopg2.OperationalError as error:
        raise DatabaseDown from error
    conn.after_commit = []
    conn.prepared = set()
    return conn


def discard(conn: Connection) -> None:
    """Close `conn`, whatever state it is in."""
    with suppress(psycopg2.Error):
        conn.close()


def wait(conn: Connection) -> None:
    """Wait for the server as psycopg2 asks, but not for ever.

    psycopg2 would wait in C, where neither a signal nor a deadline reaches.
    """
    patience = getattr(conn, "patience_seconds", PATIENCE_SECONDS)
    deadline = time.monotonic() + patience
    while (state := conn.poll()) != psycopg2.extensions.POLL_OK:
        poller = select.poll()
        poller.register(conn.fileno(), _POLL_FOR[state])
        left = deadline - time.monotonic()
        if left <= 0 or not poller.poll(left * 1000):
            raise psycopg2.OperationalError(f"no answer within {patience:.0f} s")
