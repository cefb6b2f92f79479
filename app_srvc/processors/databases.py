"""Run a statement of an operator's in a database, and say what became of it.

What PostgreSQL says of a failure can repeat what a statement was given; people see its code alone.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg2
import psycopg2.extensions

from app_srvc import db
from app_srvc.db import Connection
from app_srvc.processors.handlers.failures import (
    Failure,
    Permanent,
    Transient,
    Unknown,
    WrongConfiguration,
)
from app_srvc.words import _

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
MOST_ROWS = 1000

# Of the time there is: the rest is for saying what came of it.
_SHARE = 0.9
_LEAST_SECONDS = 0.1

# Classes of PostgreSQL's codes. Those of a server that is away, or has too much to do:
_DOWN = ("08", "53", "57P", "25006")
# ... of values that it refuses, by its rules or by a trigger's:
_REFUSED = ("22", "23", "44", "P0")
# ... of a statement, a name or a login that is wrong for all values:
_WRONG = ("0A", "25", "26", "28", "34", "3D", "3F", "42")
_NOT_LET_IN = ("authentication failed", "does not exist", "no pg_hba.conf entry")


class Statement(NamedTuple):
    """A statement with `%(name)s` for each of its values."""

    text: str
    values: Mapping[str, Any]


class Outcome(NamedTuple):
    """The number of rows that it was about, and what it returned, as JSON."""

    number: int
    rows: bytes | None


def run(
    url: str, statement: Statement, seconds: float, check: Callable[[Outcome], None]
) -> Outcome:
    """Run a statement in a transaction of its own, which is rolled back if `check` raises.

    Raises:
        Failure: it had no effect; or, if Unknown, nobody knows.
    """
    end = time.monotonic() + seconds * _SHARE
    conn = connect(url, seconds)
    try:
        conn.patience_seconds = end - time.monotonic()
        with _told():
            outcome = _execute(conn, statement)
        check(outcome)
        conn.patience_seconds = max(_LEAST_SECONDS, end - time.monotonic())
        _commit(conn)
    finally:
        db.discard(conn)
    return outcome


def run_in_ours(conn: Connection, statement: Statement, check: Callable[[Outcome], None]) -> None:
    """Run a statement in the product's own database, in the transaction of somebody else.

    Raises:
        Failure: it is the statement, or its values.
    """
    try:
        outcome = _execute(conn, statement)
    except (psycopg2.Error, ValueError) as error:
        failure = _failure(error)
        if isinstance(failure, Transient):
            raise  # Whoever has the transaction knows what to do.
        raise failure from None
    check(outcome)


def connect(url: str, seconds: float) -> Connection:
    """Open a connection for what may take so long.

    Raises:
        Transient: the server is away; `is_destination` is set.
        WrongConfiguration: it does not let us in, or that is no address.
    """

    class Connecting(Connection):
        patience_seconds = min(CONNECT_SECONDS, seconds / 4)

    psycopg2.extensions.set_wait_callback(db.wait)
    try:
        theirs = psycopg2.extensions.parse_dsn(url).get("options", "")
        return psycopg2.connect(
            url,
            connection_factory=Connecting,
            application_name="cherha",
            # The server is not to go on with what nobody waits for any more.
            options=f"{theirs} -c statement_timeout={1000 * seconds * _SHARE:.0f}",
        )
    except psycopg2.OperationalError as error:
        raise _no_connection(error) from None
    except psycopg2.ProgrammingError:
        raise WrongConfiguration(_("That is no address of a PostgreSQL database.")) from None


def _no_connection(error: psycopg2.OperationalError) -> Failure:
    """Tell a server that is away from one that does not let us in.

    psycopg2 keeps no code of what is refused while connecting, only the server's own words.
    """
    log.warning("no connection to a database: %s", str(error).partition("\n")[0])
    if any(words in str(error) for words in _NOT_LET_IN):
        return WrongConfiguration(_("The database does not let this server in."))
    return Transient(_("The database cannot be reached; nothing was sent."), is_destination=True)


def _execute(conn: Connection, statement: Statement) -> Outcome:
    with conn.cursor() as cur:
        cur.execute(statement.text, dict(statement.values))
        if cur.description is None:
            return Outcome(cur.rowcount, None)
        names = [column.name for column in cur.description]
        rows = cur.fetchmany(MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise Permanent(_("It returns more than %(num)s rows.", num=MOST_ROWS))
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return Outcome(len(rows), json.dumps(found, ensure_ascii=False, default=str).encode())


def _commit(conn: Connection) -> None:
    try:
        conn.commit()
    except psycopg2.Error as error:
        if error.pgcode is None or error.pgcode.startswith(_DOWN):
            raise Unknown(_("The database went away while it was to keep the change.")) from None
        raise _failure(error) from None


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (psycopg2.Error, ValueError) as error:
        raise _failure(error) from None


def _failure(error: psycopg2.Error | ValueError) -> Failure:
    if isinstance(error, ValueError):
        return Permanent(_("The database takes no text with the sign 0 in it."))
    code = error.pgcode
    if code is None or code.startswith(_DOWN):
        return Transient(_("The database does not answer just now."), is_destination=True)
    if code.startswith(_REFUSED):
        return Permanent(_("The database refuses the values (code %(code)s).", code=code))
    if code.startswith(_WRONG):
        return WrongConfiguration(
            _("The database does not take the statement (code %(code)s).", code=code)
        )
    return Transient(_("The database cannot do it just now (code %(code)s).", code=code))
