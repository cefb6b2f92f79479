"""Connections to other servers, and what goes wrong on them as failures that say so."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from app_srvc import db
from app_srvc.processors import databases, named
from app_srvc.processors.handlers.failures import Failure, Transient, WrongConfiguration
from app_srvc.words import _

log = logging.getLogger(__name__)

# Shorter than we wait, so that the other server gives up first.
SECONDS = 8.0
PATIENCE_SECONDS = 10.0
# A worker that dies leaves rows locked there for no longer.
IDLE_SECONDS = 60.0

# Classes of PostgreSQL's codes that another time is no remedy for: who we are, what there is, what
# may be done, and values that do not fit their columns.
_OUR_FAULT = ("0A", "22", "23", "25006", "28", "3D", "3F", "42", "44")


@contextmanager
def opened(name: str) -> Iterator[db.Connection]:
    """Open the connection that the environment has as CONNECTION_<NAME>; it rolls back at the end.

    Raises:
        Failure: it cannot be opened.
    """
    try:
        conn = databases.connect(named.connection(name), SECONDS)
    except Transient:
        raise _away(name) from None
    conn.patience_seconds = PATIENCE_SECONDS
    try:
        yield conn
    finally:
        db.discard(conn)


@contextmanager
def asking(name: str) -> Iterator[None]:
    """Tell what goes wrong with what is asked of a server.

    Raises:
        Failure: something has.
    """
    try:
        yield
    except psycopg2.Error as error:
        first = str(error).partition("\n")[0]
        log.warning("source %s: %s %s", name, error.pgcode, first if _is_safe(error) else "")
        raise _failure(name, error) from None


def _is_safe(error: psycopg2.Error) -> bool:
    """Say whether a message has no value of a row in it, and no address."""
    return isinstance(error, psycopg2.OperationalError) or (error.pgcode or "").startswith("42")


def _failure(name: str, error: psycopg2.Error) -> Failure:
    code = error.pgcode or ""
    if isinstance(error, psycopg2.OperationalError) and not code.startswith(_OUR_FAULT):
        return _away(name)
    if code.startswith(_OUR_FAULT) or not code:
        told = _(
            "The source database “%(name)s” cannot be read as it is configured (%(code)s).",
            name=name,
            code=code or "-",
        )
        return WrongConfiguration(told)
    told = _("The source database “%(name)s” could not do it (%(code)s).", name=name, code=code)
    return Transient(told, is_destination=True)


def _away(name: str) -> Transient:
    told = _("The source database “%(name)s” does not answer, or not in time.", name=name)
    return Transient(told, is_destination=True)
