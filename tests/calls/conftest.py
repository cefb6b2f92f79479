"""A web and a crew of workers for all tests of a module."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.calling import Calling
from tests.support.workers import wait_for

if TYPE_CHECKING:
    from tests.conftest import Servers


@pytest.fixture(scope="module")
def calling(backing: "Servers") -> Iterator[Calling]:
    """Start a web, and a crew of one process that answers four calls at once."""
    calling = Calling()
    calling.start_workers("--processes", "1", "--threads", "4")
    wait_for(lambda: calling.call("hello").status == 200)
    yield calling
    calling.stop()


@pytest.fixture
def start(database: None) -> Iterator[Callable[..., Calling]]:
    """Give a way to start a web with settings of its own; it ends with the test."""
    started = []

    def begin(**env: str) -> Calling:
        started.append(Calling(**env))
        return started[-1]

    yield begin
    for calling in started:
        calling.stop()
