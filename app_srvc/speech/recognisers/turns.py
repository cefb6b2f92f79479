"""Turns at a service: no more calls at once than REMOTE_CALLS_AT_ONCE, over all workers.

A turn is an advisory lock on a connection of its own. PostgreSQL frees it when the connection
ends, however that comes about, so a worker that is killed takes no turn with it. Should the
database restart, calls that are under way go on, and for their rest are not counted.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from app_srvc import db, settings
from app_srvc.errors import DatabaseDown, NoTurn
from app_srvc.jobs.repository import posts
from app_srvc.speech.recognisers import repository
from app_srvc.words import _

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.2
# For how long the job pauses that got no turn.
PAUSE_SECONDS = 10.0


@contextmanager
def turn(service: str) -> Iterator[None]:
    """Wait for a turn at a service, and have it for the length of the block.

    Raises:
        NoTurn: there was none for a minute.
        DatabaseDown: the database does not answer.
    """
    conn = db.connect()
    try:
        try:
            conn.autocommit = True
            # A machine that has lost its power does not say goodbye.
            posts.end_when_silent(conn, 60 + 4 * settings.load().remote_timeout_seconds)
            _take(conn, service)
        except db.ERRORS as error:
            raise DatabaseDown from error
        yield
    finally:
        db.discard(conn)


def _take(conn: db.Connection, service: str) -> None:
    places = settings.load().remote_calls_at_once
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not any(repository.take(conn, service, place) for place in range(places)):
        if time.monotonic() > deadline:
            told = _("Too many recordings are with %(service)s just now.", service=service)
            raise NoTurn(told, PAUSE_SECONDS)
        time.sleep(LOOK_SECONDS)
