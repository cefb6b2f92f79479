"""Whether the database can be used, and which workers have shown themselves in it."""

from collections.abc import Collection
from typing import NamedTuple

from app_srvc.db import Connection


class Seen(NamedTuple):
    """A worker in the register, and how many seconds ago it last showed that it lives."""

    name: str
    pid: int
    seconds: float


def missing_migrations(conn: Connection, wanted: Collection[str]) -> set[str]:
    """Return those of the migrations that were not applied; a newer release's may be there."""
    with conn.cursor() as cur:
        cur.execute("SELECT to_regclass('_yoyo_migration')")
        row = cur.fetchone()
        if row is None or row[0] is None:
            return set(wanted)
        cur.execute("SELECT migration_id FROM _yoyo_migration")
        return set(wanted) - {name for (name,) in cur.fetchall()}


def workers_of(conn: Connection, host: str, queue: str | None = None) -> list[Seen]:
    """Return the workers of a host, or those of them that serve a queue; the last seen first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT name, pid, extract(epoch FROM clock_timestamp() - seen_at) FROM workers"
            " WHERE host = %(host)s AND (%(queue)s::text IS NULL OR %(queue)s = ANY (queues))"
            " ORDER BY seen_at DESC, name",
            {"host": host, "queue": queue},
        )
        return [Seen(name, pid, float(seconds)) for name, pid, seconds in cur.fetchall()]
