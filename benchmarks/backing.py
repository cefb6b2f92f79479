"""The servers that benchmarks need, as they are by default, so on the disk at once; and what these
are asked while they work."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import psycopg2.extensions
from psycopg2.extensions import connection as Connection  # noqa: N812

from app_srvc import db, migrate, settings
from app_srvc.jobs import registry
from app_srvc.launching import servers


@contextmanager
def started(home: Path) -> Iterator[list[int]]:
    """Start PostgreSQL and Redis, let the settings name them, and return their numbers."""
    run = servers.run_folder(home)
    children, urls, pids = [], {}, []
    for server in (servers.postgresql(home, run), servers.redis_server(home, run)):
        child = server.child()
        child.start()
        assert child.wait_until(server.is_ready, 60)
        assert child.process is not None
        pids.append(child.process.pid)
        children.append(child)
        urls[server.name] = server.url
        if server.name == "postgresql":
            servers.create_database(server)
    os.environ.update(
        DATABASE_URL=urls["postgresql"], QUEUE_URL=urls["redis"],
        STORAGE_URL=(home / "files").as_uri(), SECRET_KEY="a key for this benchmark",
        LOG_LEVEL="ERROR",
    )  # fmt: skip
    settings.load.cache_clear()
    migrate.migrate()
    registry.load()
    try:
        yield pids
    finally:
        db.close_idle()
        for child in children:
            child.signal()
        for child in children:
            child.wait(60)


def ask(statement: str) -> Any:
    """Return the one value that a statement finds."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(statement)
        row = cur.fetchone()
    assert row is not None
    return row[0]


def processor_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that these have used up, with all that they have begun."""
    begun = [psutil.Process(pid) for pid in pids]
    for process in [*begun]:
        begun += process.children(recursive=True)
    total = 0.0
    for process in begun:
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])  # Of itself, and of what it has waited for.
    return total


def patient_connection() -> Connection:
    """Return a connection that waits for as long as it takes; each statement stands by itself."""
    psycopg2.extensions.set_wait_callback(None)
    conn: Connection = psycopg2.connect(settings.load().database_url)
    conn.autocommit = True
    return conn
