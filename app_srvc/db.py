"""PostgreSQL, one transaction at a time.

A process keeps a few connections and lends each to one block at a time. Nothing crosses a
fork: a child begins with none. A database that hangs is treated like one that is down, after
`PATIENCE_SECONDS`.
"""

import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg2
import psycopg2.extensions

from app_srvc import settings
from app_srvc.errors import DatabaseDown, PerhapsDone

PATIENCE_SECONDS = 10.0
MAX_CONNECTIONS = 20

# What psycopg2 raises when it is the server or the way to it, and sometimes the statement.
ERRORS = (psycopg2.OperationalError, psycopg2.InterfaceError)
# Classes of PostgreSQL's codes that mean the server: connection, operator's doing, too many.
_SERVER_CODES = ("08", "57", "53300")

_POLL_FOR = {
    psycopg2.extensions.POLL_READ: select.POLLIN,
    psycopg2.extensions.POLL_WRITE: select.POLLOUT,
}


class Connection(psycopg2.extensions.connection):
    """A connection that remembers what is to happen once its transaction stands."""

    after_commit: list[Callable[[], object]]


class _Pool:
    """Connections of this process: at most `MAX_CONNECTIONS`, the last used first."""

    def __init__(self) -> None:
        self.idle: list[Connection] = []
        self.lock = threading.Lock()
        self.places = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def take(self) -> Connection:
        if not self.places.acquire(timeout=PATIENCE_SECONDS):
            raise DatabaseDown("Too many requests wait for the database. Please try again.")
        try:
            while (conn := self.pop()) is not None:
                if _is_alive(conn):
                    return conn
                discard(conn)
            return connect()
        except BaseException:
            self.places.release()
            raise

    def give_back(self, conn: Connection) -> None:
        if not conn.closed:
            with self.lock:
                self.idle.append(conn)
        self.places.release()

    def pop(self) -> Connection | None:
        """Return an idle connection, if there is one."""
        with self.lock:
            return self.idle.pop() if self.idle else None


_pool = _Pool()


def _forget_pool() -> None:
    global _pool  # noqa: PLW0603  # psycopg2 leaves a parent's connections alone in a child.
    _pool = _Pool()


os.register_at_fork(after_in_child=_forget_pool)


@contextmanager
def transaction() -> Iterator[Connection]:
    """Lend a connection; commit when the block ends, roll back when it raises.

    What `after_commit` was given runs once the commit stands, outside the transaction.

    Raises:
        DatabaseDown: PostgreSQL could not be reached, hangs, or went away.
        PerhapsDone: it went away during the commit; whether that stands is not known.
    """
    pool = _pool
    conn = pool.take()
    conn.after_commit = []
    try:
        yield conn
        _commit(conn)
    except BaseException as error:
        if isinstance(error, ERRORS) and (error.pgcode or "08").startswith(_SERVER_CODES):
            discard(conn)
            raise DatabaseDown from error
        _roll_back(conn)
        if isinstance(error, psycopg2.Error):
            _hide_values(error)
        raise
    finally:
        actions = [] if conn.closed else conn.after_commit
        pool.give_back(conn)
    for action in actions:
        action()


def _commit(conn: Connection) -> None:
    try:
        conn.commit()
    except ERRORS as error:
        discard(conn)
        raise PerhapsDone(PerhapsDone.__doc__) from error


def after_commit(conn: Connection, action: Callable[[], object]) -> None:
    """Run `action` once the transaction on `conn` stands, and not at all if it does not."""
    conn.after_commit.append(action)


def connect() -> Connection:
    """Open a connection outside the pool, for what lasts longer than a transaction.

    Raises:
        DatabaseDown: PostgreSQL could not be reached in time.
    """
    psycopg2.extensions.set_wait_callback(_wait)
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
    return conn


def close_idle() -> None:
    """Close the connections that nobody uses, as before a change of the database's address."""
    while (conn := _pool.pop()) is not None:
        discard(conn)


def discard(conn: Connection) -> None:
    """Close `conn`, whatever state it is in."""
    with suppress(psycopg2.Error):
        conn.close()


def _wait(conn: Connection) -> None:
    """Wait for the server as psycopg2 asks, but not for ever.

    psycopg2 would wait in C, where neither a signal nor a deadline reaches.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (state := conn.poll()) != psycopg2.extensions.POLL_OK:
        poller = select.poll()
        poller.register(conn.fileno(), _POLL_FOR[state])
        left = deadline - time.monotonic()
        if left <= 0 or not poller.poll(left * 1000):
            raise psycopg2.OperationalError(f"no answer within {PATIENCE_SECONDS:.0f} s")


def _is_alive(conn: Connection) -> bool:
    """Say whether an idle connection still works, without asking the server.

    An idle server sends nothing; what can be read is its farewell or the end of the line.
    """
    if conn.closed:
        return False
    poller = select.poll()
    poller.register(conn.fileno(), select.POLLIN)
    return not poller.poll(0)


def _hide_values(error: psycopg2.Error) -> None:
    """Keep the row that a statement failed on out of the log: it may hold names."""
    error.args = tuple(str(arg).split("DETAIL:", 1)[0].rstrip() for arg in error.args)


def _roll_back(conn: Connection) -> None:
    try:
        conn.rollback()
    except psycopg2.Error:
        discard(conn)
