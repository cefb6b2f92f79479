"""PostgreSQL, one transaction at a time.

A process keeps a few connections and lends each to one block at a time. Nothing crosses a
fork: a child begins with none.
"""

import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg2

from app_srvc.db.connections import ERRORS, PATIENCE_SECONDS, Connection, connect, discard, wait
from app_srvc.errors import DatabaseDown, PerhapsDone
from app_srvc.words import _

__all__ = [
    "ERRORS", "PATIENCE_SECONDS", "Connection", "after_commit", "close_idle", "connect",
    "discard", "insist", "literal", "transaction", "wait",
]  # fmt: skip

MAX_CONNECTIONS = 20
# How long a database that is away is waited for, to record what has happened already.
INSIST_SECONDS = 45.0
INSIST_PAUSE_SECONDS = 0.5

# Classes of PostgreSQL's codes that mean the server: connection, operator's doing, too many.
_SERVER_CODES = ("08", "57", "53300")


class _Pool:
    """Connections of this process: at most `MAX_CONNECTIONS`, the last used first."""

    def __init__(self) -> None:
        self.idle: list[Connection] = []
        self.lock = threading.Lock()
        self.places = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def take(self) -> Connection:
        if not self.places.acquire(timeout=PATIENCE_SECONDS):
            raise DatabaseDown(_("Too many requests wait for the database. Please try again."))
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
def transaction(*, is_one_statement: bool = False) -> Iterator[Connection]:
    """Lend a connection; commit when the block ends, roll back when it raises.

    What `after_commit` was given runs once the commit stands, outside the transaction. A block of
    one statement saves two round trips, as PostgreSQL commits that by itself.

    Raises:
        DatabaseDown: PostgreSQL could not be reached, hangs, or went away.
        PerhapsDone: it went away during the commit; whether that stands is not known.
    """
    pool = _pool
    conn = pool.take()
    conn.after_commit = []
    try:
        conn.autocommit = is_one_statement
        yield conn
        _commit(conn)
    except BaseException as error:
        if isinstance(error, ERRORS) and (error.pgcode or "08").startswith(_SERVER_CODES):
            discard(conn)
            raise (PerhapsDone if is_one_statement else DatabaseDown) from error
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
        raise PerhapsDone from error


def after_commit(conn: Connection, action: Callable[[], object]) -> None:
    """Run `action` once the transaction on `conn` stands, and not at all if it does not."""
    conn.after_commit.append(action)


def literal(text: str) -> str:
    """Take the wild cards of LIKE at their word."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def insist(record: Callable[[], None]) -> None:
    """Record something that has happened, as soon as the database is there.

    Raises:
        DatabaseDown: it has been away for too long.
    """
    deadline = time.monotonic() + INSIST_SECONDS
    while True:
        try:
            return record()
        except DatabaseDown:
            if time.monotonic() > deadline:
                raise
            time.sleep(INSIST_PAUSE_SECONDS)


def close_idle() -> None:
    """Close the connections that nobody uses, as before a change of the database's address."""
    while (conn := _pool.pop()) is not None:
        discard(conn)


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
