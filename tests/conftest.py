"""Real servers for every test: PostgreSQL and Redis of our own, one pair for each test process."""

import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db, engines, migrate, servers, settings, storage
from app_srvc.jobs import events
from app_srvc.speech import recognisers
from app_srvc.supervising import Child
from tests.support import tasks  # noqa: F401  # Registers the tests' own tasks.
from tests.support.web import Web
from tests.support.workers import ROOT, Workers

# What a developer's shell may hold must not reach the tests.
for name in list(os.environ):
    if name in {field.upper() for field in settings.Settings.model_fields}:
        del os.environ[name]


class Servers:
    """The servers of this test process."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.run = servers.run_folder(home)
        self.children: list[Child] = []
        self.servers: dict[str, servers.Server] = {}
        self.urls: dict[str, str] = {}

    def start(self) -> None:
        """Start both. What is committed survives the death of a server, not of the machine."""
        postgresql = servers.postgresql(self.home, self.run, "fsync=off", "full_page_writes=off")
        for server in (postgresql, servers.redis_server(self.home, self.run)):
            child = server.child()
            self.children.append(child)
            child.start()
            assert child.wait_until(server.is_ready, 60)
            self.servers[server.name] = server
            self.urls[server.name] = server.url
        servers.create_database(postgresql)

    def child(self, name: str) -> Child:
        """Return the process of a server."""
        return next(child for child in self.children if child.name == name)

    def pid(self, name: str) -> int:
        """Return the number of a server's process."""
        process = self.child(name).process
        assert process is not None
        return process.pid

    def kill(self, name: str) -> None:
        """End a server without a warning."""
        self.child(name).signal(signal.SIGKILL)
        self.child(name).wait()

    def revive(self, name: str) -> None:
        """Start a server again that was ended, and wait until it answers."""
        child = self.child(name)
        child.start()
        assert child.wait_until(self.servers[name].is_ready, 60)

    def stop(self) -> None:
        """Stop both and remove what they leave."""
        for child in self.children:
            child.signal(signal.SIGCONT)
            child.signal()
        for child in self.children:
            if not child.wait(20):
                child.signal(signal.SIGKILL)
        shutil.rmtree(self.run, ignore_errors=True)


@pytest.fixture(scope="session")
def backing() -> Iterator[Servers]:
    """Start the servers, and let the settings of this process name them."""
    with tempfile.TemporaryDirectory(prefix="cherha-test-") as home:
        backing = Servers(Path(home))
        backing.start()
        os.environ.update(
            DATABASE_URL=backing.urls["postgresql"],
            QUEUE_URL=backing.urls["redis"],
            STORAGE_URL=(Path(home) / "files").as_uri(),
            SECRET_KEY=secrets.token_hex(32),
            COOKIES_SECURE="false",
            LOG_LEVEL="WARNING",
        )
        forget_settings()
        migrate.migrate()
        yield backing
        events.hub.close()
        backing.stop()


def forget_settings() -> None:
    """Let the next reader read the environment again."""
    for cached in (settings.load, storage.current, engines.current, recognisers.load):
        cached.cache_clear()


@pytest.fixture
def setting(backing: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Give a function that changes settings for one test: `setting(max_queue_depth=0)`."""

    def change(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name.upper(), str(value))
        forget_settings()

    yield change
    monkeypatch.undo()
    forget_settings()


@pytest.fixture
def database(backing: Servers) -> None:
    """Begin with empty tables, queues and storage."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename NOT LIKE '%yoyo%'"
        )
        row = cur.fetchone()
        assert row is not None
        cur.execute(f"TRUNCATE {row[0]}")
    redis.Redis.from_url(backing.urls["redis"]).flushall()
    shutil.rmtree(backing.home / "files", ignore_errors=True)


@pytest.fixture
def conn(database: None) -> Iterator[db.Connection]:
    """Lend a connection; what the test writes with it is committed when the test commits."""
    with db.transaction() as conn:
        yield conn


@pytest.fixture
def app(database: None) -> Flask:
    """Return the web application."""
    from app_srvc import webapp

    return webapp.create_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser that has cookies but has not been here yet."""
    return app.test_client()


@pytest.fixture
def web(database: None) -> Iterator[Web]:
    """Start a web process."""
    web = Web()
    yield web
    web.stop()


@pytest.fixture
def workers(database: None) -> Iterator[Workers]:
    """Give a way to start worker processes; they end with the test."""
    running = Workers()
    yield running
    running.stop()


@pytest.fixture
def worker(workers: Workers) -> Workers:
    """Start one worker."""
    workers.start()
    return workers


FIGURES: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect the figures that tests have measured."""
    if report.when == "call":
        FIGURES.extend(str(value) for name, value in report.user_properties if name == "figure")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print them, whatever else is printed."""
    if FIGURES:
        terminalreporter.section("figures")
        for line in FIGURES:
            terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Let child processes find the product and the tests."""
    os.environ["PYTHONPATH"] = str(ROOT)
