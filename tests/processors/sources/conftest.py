"""Another database, from which records come."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import psycopg2.extensions
import pytest

from app_srvc import db
from app_srvc.launching import servers
from tests.conftest import Servers


class Source:
    """The other database, and what somebody writes there."""

    def __init__(self, url: str) -> None:
        self.url = url
        psycopg2.extensions.set_wait_callback(db.wait)
        self.conn = psycopg2.connect(url)
        self.conn.autocommit = True

    def do(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement there."""
        with self.conn.cursor() as cur:
            cur.execute(statement, values or None)
            return cur.fetchall() if cur.description else []

    def add(self, *ids: int, at: str = "2026-01-01 10:00") -> None:
        """Write new rows."""
        for number in ids:
            self.do(
                'INSERT INTO "Letters; --" (id, town, raw, changed_at) VALUES (%s, %s, %s, %s)',
                number, "Львів", b"\x00raw", at,
            )  # fmt: skip

    def states(self) -> list[str]:
        """Return the states of all rows."""
        return [state for (state,) in self.do('SELECT state FROM "Letters; --" ORDER BY id')]


@pytest.fixture
def source(backing: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    """Make another database with one table, and name it to the product."""
    server = backing.servers["postgresql"]
    servers.create_database(server, "erp")
    url = server.url.replace(f"///{servers.DATABASE}?", "///erp?")
    monkeypatch.setenv("CONNECTION_ERP", url)
    source = Source(url)
    source.do('DROP TABLE IF EXISTS "Letters; --" CASCADE')
    source.do(
        'CREATE TABLE "Letters; --" (id integer PRIMARY KEY, town text, raw bytea,'
        " state text NOT NULL DEFAULT 'NEW', changed_at timestamptz NOT NULL)"
    )
    yield source
    source.conn.close()
