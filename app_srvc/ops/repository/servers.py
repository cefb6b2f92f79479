"""How PostgreSQL is, and what waits outside of the queues: mail, and files that are kept."""

from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection

MOST_MAILS = 10_000


class PostgreSQL(NamedTuple):
    """The server; `longest_seconds` is the age of the oldest transaction in this database."""

    version: str
    connections: int
    max_connections: int
    longest_seconds: float


class Outbox(NamedTuple):
    """Mail that has not gone. `is_all` False means that there is more."""

    waiting: int
    failed: int
    oldest_at: datetime | None
    is_all: bool


class Kept(NamedTuple):
    """All files together, as they were counted last."""

    at: datetime
    files: int
    bytes: int


def clock(conn: Connection) -> datetime:
    """Return the time by the server's clock."""
    with conn.cursor() as cur:
        cur.execute("SELECT clock_timestamp()")
        row = cur.fetchone()
    assert row is not None  # noqa: S101  # It has one in any case.
    found: datetime = row[0]
    return found


def postgresql(conn: Connection) -> PostgreSQL:
    """Return how the server is.

    What other users' sessions do only some may see; so their transactions may be missing.
    """
    with conn.cursor() as cur:
        cur.execute(
            "SELECT current_setting('server_version'),"
            " (SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL"
            "  AND coalesce(backend_type, 'client backend') = 'client backend'),"
            " current_setting('max_connections')::integer,"
            " coalesce((SELECT extract(epoch FROM max(clock_timestamp() - xact_start))"
            "  FROM pg_stat_activity WHERE datname = current_database()"
            "  AND pid <> pg_backend_pid() AND backend_type = 'client backend'), 0)::float8"
        )
        row = cur.fetchone()
    assert row is not None  # noqa: S101  # It has one in any case.
    return PostgreSQL(row[0].partition(" ")[0], *row[1:])


def outbox(conn: Connection) -> Outbox:
    """Return how much mail has not gone. One whose job is tried again waits."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT count(*) FILTER (WHERE ended_at IS NULL),"
            " count(*) FILTER (WHERE ended_at IS NOT NULL),"
            " min(created_at) FILTER (WHERE ended_at IS NULL), count(*) <= %s"
            " FROM (SELECT mails.created_at, jobs.ended_at FROM mails"
            "  JOIN jobs ON jobs.id = job_id WHERE mails.state IN ('waiting', 'failed')"
            "  ORDER BY mails.created_at DESC LIMIT %s) AS newest",
            (MOST_MAILS, MOST_MAILS + 1),
        )
        row = cur.fetchone()
    assert row is not None  # noqa: S101  # An aggregate has one row.
    return Outbox(*row)


def kept(conn: Connection) -> Kept | None:
    """Return how much is kept in files; None while nobody has counted."""
    with conn.cursor() as cur:
        cur.execute("SELECT at, files, bytes FROM ops_files")
        row = cur.fetchone()
    return Kept(*row) if row else None


def count_files(conn: Connection, pause_seconds: float) -> None:
    """Count what is kept in files, unless that was done so lately."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT FROM ops_files WHERE at > clock_timestamp() - %s * interval '1 second'",
            (pause_seconds,),
        )
        if cur.rowcount:
            return
        cur.execute(
            "INSERT INTO ops_files (at, files, bytes)"
            " SELECT clock_timestamp(), count(*), coalesce(sum(bytes), 0) FROM files"
            " ON CONFLICT (is_only) DO UPDATE"
            " SET at = excluded.at, files = excluded.files, bytes = excluded.bytes"
        )
