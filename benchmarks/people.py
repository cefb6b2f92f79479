"""A database with many people, and a web process that lists them."""

import http.client
import json
import os
import time
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from app_srvc import migrate, settings
from app_srvc.accounts import secret, viewing
from app_srvc.launching import servers
from tests.support.web import Web

TOKEN = viewing.TOKEN_PREFIX + "benchmark"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Side:
    """A database with so many people, and a web process that lists them."""

    def __init__(self, server: servers.Server, count: int) -> None:
        self.url = server.url.replace(servers.DATABASE, f"people{count}", 1)
        servers.create_database(server, f"people{count}")
        os.environ["DATABASE_URL"] = self.url
        settings.load.cache_clear()
        migrate.migrate()
        began = time.monotonic()
        self.conn: Connection = psycopg2.connect(self.url)
        self.conn.autocommit = True
        with self.conn.cursor() as cur:
            # Written first and indexed then, as a restored backup is.
            cur.execute(
                "SELECT indexname, indexdef FROM pg_indexes"
                " WHERE tablename = 'users' AND indexdef NOT LIKE '%UNIQUE%'"
            )
            indexes = cur.fetchall()
            for name, _ in indexes:
                cur.execute(f"DROP INDEX {name}")
            text = (Path(__file__).parent / "people.sql").read_text()
            cur.execute(text, {"count": count, "token_hash": secret.digest(TOKEN)})
            for _, definition in indexes:
                cur.execute(definition)
            cur.execute("VACUUM (ANALYZE) users")
        print(f"({count} people written in {time.monotonic() - began:.0f} s)", flush=True)
        self.one = str(self.ask("SELECT login FROM users OFFSET %s LIMIT 1", count // 3)[0][0])
        self.web = Web(LOG_LEVEL="WARNING")
        self.line = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=60)

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the database."""
        with self.conn.cursor() as cur:
            cur.execute(query, values)
            return cur.fetchall()

    def get(self, path: str, accept: str = "text/html") -> tuple[float, bytes]:
        """Return how long an answer took, and the answer."""
        began = time.monotonic()
        self.line.request("GET", path, headers=HEADERS | {"Accept": accept})
        answer = self.line.getresponse()
        body = answer.read()
        seconds = time.monotonic() - began
        assert answer.status == 200, (path, answer.status, body)
        return seconds, body

    def count(self, path: str) -> int:
        """Return how many people are on a page."""
        return len(json.loads(self.get(path, "application/json")[1])["users"])

    def stop(self) -> None:
        """End the web process and the connection."""
        self.line.close()
        self.web.stop()
        self.conn.close()
