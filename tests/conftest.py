"""Real servers for every test: PostgreSQL and Redis of our own, one pair for each test process."""

import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2.errors
import pytest
import redis
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from app_srvc import db, engines, migrate, settings, storage
from app_srvc.accounts import passwords
from app_srvc.admission import counters, refusals
from app_srvc.jobs import events
from app_srvc.launching import servers
from app_srvc.launching.supervising import Child
from app_srvc.speech import recognisers
from tests.support import tasks  # noqa: F401  # Registers the tests' own tasks.
from tests.support.smtp import MailServer
from tests.support.swift import Swift
from tests.support.swift import require as require_swift
from tests.support.web import Web
from tests.support.workers import ROOT, Workers, wait_for

# What a developer's shell may hold must not reach the tests.
for name in list(os.environ):
    if name in {field.upper() for field in settings.Settings.model_fields}:
        del os.environ[name]
# With CHERHA_TESTS_ON=swift all tests keep files in a bucket; a few look into the folder, and fail.
ON_SWIFT = os.environ.get("CHERHA_TESTS_ON") == "swift"


@pytest.hookimpl(optionalhook=True)  # For those who run one test without that plugin.
def pytest_xdist_auto_num_workers() -> int:
    """Run two processes of tests for each core: for half of its time a test waits for a server."""
    return 2 * (os.cpu_count() or 1)


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
def backing(request: pytest.FixtureRequest) -> Iterator[Servers]:
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
            # All tests come from one address. Those of limits set their own.
            RATE_LIMITS="*=off",
        )
        if ON_SWIFT:
            os.environ.update(request.getfixturevalue("swift").settings)
        forget_settings()
        migrate.migrate()
        yield backing
        events.hub.close()
        refusals._counted.clear()
        backing.stop()


def forget_settings() -> None:
    """Let the next reader read the environment again."""
    cached = (
        settings.load, storage.current, engines.current, engines.at, engines.for_calls,
        recognisers.load, counters._redis,
    )  # fmt: skip
    for function in cached:
        function.cache_clear()
    counters._down_until = None


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


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> None:
    """Hash passwords with less work: the tests log in hundreds of times."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def emptied() -> bool:
    """Empty all tables; False while something that an earlier test has left is still at work.

    To truncate them would take longer than most tests do: it makes a file for each table and index.
    """
    refusals.flush()
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT quote_ident(tablename) FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename NOT LIKE '%yoyo%'"
        )
        tables = [table for (table,) in cur.fetchall()]
        try:
            # All at once, as to wait for one while others are held may be to wait in a circle.
            cur.execute(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE NOWAIT")
        except psycopg2.errors.LockNotAvailable:
            conn.rollback()
            return False
        # In any order, so without foreign keys.
        cur.execute("SET LOCAL session_replication_role = replica")
        cur.execute("; ".join(f"DELETE FROM {table}" for table in tables))
    return True


@pytest.fixture
def database(backing: Servers, request: pytest.FixtureRequest) -> None:
    """Begin with empty tables, queues and storage."""
    wait_for(emptied)
    redis.Redis.from_url(backing.urls["redis"]).flushall()
    shutil.rmtree(backing.home / "files", ignore_errors=True)
    if ON_SWIFT:
        request.getfixturevalue("swift").empty()


@pytest.fixture
def conn(database: None) -> Iterator[db.Connection]:
    """Lend a connection; what the test writes with it is committed when the test commits."""
    with db.transaction() as conn:
        yield conn


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Keep templates as they were compiled for an earlier test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session")
def made() -> list[tuple[settings.Settings, Flask]]:
    """Keep the web applications that were made, by their settings: to make one takes 0.1 s."""
    return []


@pytest.fixture
def app(
    database: None, templates: FileSystemBytecodeCache, made: list[tuple[settings.Settings, Flask]]
) -> Iterator[Flask]:
    """Return the web application."""
    from app_srvc import webapp

    settled = settings.load()
    app = next((one for known, one in made if known == settled), None)
    if app is None:
        app = webapp.create_app()
        app.jinja_env.bytecode_cache = templates
        made.append((settled, app))
    config = dict(app.config)
    yield app
    app.config.clear()
    app.config.update(config)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser that has cookies but has not been here yet."""
    return app.test_client()


@pytest.fixture
def smtp_server(tmp_path: Path) -> Iterator[MailServer]:
    """Start a mail server. `url` is what SMTP_URL is to be, `messages()` what it has accepted;
    `start(…)` starts it again with faults, `stop()` takes it away."""
    server = MailServer(tmp_path / "mail-server")
    server.start()
    yield server
    server.stop()


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
    """Let child processes find the product and the tests, and compile them but once."""
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# What takes long, in this order, each file in one process as its tests share servers; and the
# files whose tests share none.
LONG = ("faults", "docs", "browser", "test_laptop.py")
SHARING_NOTHING = {"test_accessibility.py", "test_laptop.py"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long in each of the processes, so that at the end no test keeps all
    others waiting. Each process is given one piece of the list, and then takes from the ends of
    others' pieces."""
    groups: dict[str, list[pytest.Item]] = {}
    short = []
    for item in items:
        if _rank(item) == len(LONG):
            short.append(item)
        else:
            is_alone = item.path.name in SHARING_NOTHING
            groups.setdefault(item.nodeid if is_alone else str(item.path), []).append(item)
    long = sorted(groups.values(), key=lambda group: _rank(group[0]))
    count = getattr(config, "workerinput", {}).get("workercount", 1)
    total, items[:] = len(items), []
    for number in range(count):
        first = [item for group in long[number::count] for item in group]
        size = (total - len(items)) // (count - number)
        items += first + [short.pop(0) for _ in range(min(size - len(first), len(short)))]
    items += short


def _rank(item: pytest.Item) -> int:
    """Return the place of a test in `LONG`."""
    names = {item.path.name, item.path.parent.name}
    return next((rank for rank, name in enumerate(LONG) if name in names), len(LONG))


@pytest.fixture(scope="session")
def swift() -> Iterator[Swift]:
    """Start an S3 server for all tests of this process that need one."""
    require_swift()
    with tempfile.TemporaryDirectory(prefix="cherha-swift-") as folder:
        swift = Swift(Path(folder))
        swift.start()
        swift.make_bucket()
        yield swift
        swift.kill()
