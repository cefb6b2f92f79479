"""Servers that a fault test may hurt, and figures that it reports."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from app_srvc import db, migrate
from tests.conftest import Servers, forget_settings
from tests.faults import outcomes
from tests.faults.outcomes import Outcome, Tell
from tests.faults.registry import NOTICED
from tests.support.web import Web
from tests.support.workers import Workers


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Give a function that prints a measured figure at the end of the run."""
    return lambda text: record_property("figure", text)


@pytest.fixture
def outcome(record_property: Callable[[str, object], None]) -> Tell:
    """Give a function that tells what became of what was accepted; see `faults.registry`."""

    def tell(
        *,
        accepted: int = 1,
        finished: int = 1,
        failed: int = 0,
        lost: int = 0,
        twice: int = 0,
        seconds: float | None = None,
        more: Mapping[str, float] | None = None,
    ) -> None:
        measured = dict(more or {}) | ({} if seconds is None else {NOTICED: seconds})
        told = Outcome(accepted, finished, failed, lost, twice, measured)
        record_property("outcome", outcomes.pack(told))

    return tell


@pytest.fixture
def own(backing: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """Start servers for this test alone."""
    with tempfile.TemporaryDirectory(prefix="cherha-fault-") as home:
        own = Servers(Path(home))
        own.start()
        monkeypatch.setenv("DATABASE_URL", own.urls["postgresql"])
        monkeypatch.setenv("QUEUE_URL", own.urls["redis"])
        monkeypatch.setenv("STORAGE_URL", (Path(home) / "files").as_uri())
        forget_settings()
        db.close_idle()
        migrate.migrate()
        yield own
        monkeypatch.undo()
        forget_settings()
        db.close_idle()
        own.stop()


@pytest.fixture
def own_workers(own: Servers) -> Iterator[Workers]:
    """Give a way to start workers on the servers of this test."""
    running = Workers()
    yield running
    running.stop()


@pytest.fixture
def web(own: Servers) -> Iterator[Web]:
    """Start a web process on the servers of this test."""
    assert os.environ["DATABASE_URL"] == own.urls["postgresql"]
    web = Web()
    yield web
    web.stop()
