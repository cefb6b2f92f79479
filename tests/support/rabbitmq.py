"""One RabbitMQ for all test processes of a run: it takes ten seconds to start."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app_srvc.errors import CannotStart
from app_srvc.launching import rabbitmq
from tests.support.workers import wait_for

# Each test process has one of its own.
HOSTS = [f"gw{number}" for number in range(16)]


def is_there() -> bool:
    """Say whether this machine has one."""
    try:
        rabbitmq.program()
    except CannotStart:
        return False
    return True


def need() -> None:
    """Skip where there is no RabbitMQ; in CI there must be one."""
    try:
        rabbitmq.program()
    except CannotStart as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@contextmanager
def running(home: Path, hosts: list[str]) -> Iterator[tuple[str, int]]:
    """Run a server for a block, and give its URL and the number of its process."""
    server = rabbitmq.rabbitmq_server(home, hosts)
    child = server.child()
    child.start()
    try:
        assert child.wait_until(server.is_ready, 120)
        yield server.url, int((home / "rabbitmq" / "rabbitmq.pid").read_text())
    finally:
        child.signal()
        child.wait(60)


@contextmanager
def shared(folder: Path) -> Iterator[str]:
    """Give the URL of a virtual host of this process, on a server that the first of all that come
    starts, and stops when the others have gone."""
    with (folder / "rabbitmq.lock").open("a+") as start, (folder / "users.lock").open("a") as users:
        fcntl.flock(start, fcntl.LOCK_EX)
        told = folder / "rabbitmq.json"
        mine = None
        if not told.exists():
            mine = running(folder / "rmq", HOSTS)
            url, _pid = mine.__enter__()
            told.write_text(json.dumps(url))
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(start, fcntl.LOCK_UN)
        host = os.environ.get("PYTEST_XDIST_WORKER", HOSTS[0])
        try:
            yield json.loads(told.read_text()).removesuffix("/") + host
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            if mine is not None:
                fcntl.flock(start, fcntl.LOCK_EX)
                fcntl.flock(users, fcntl.LOCK_EX)
                told.unlink()
                mine.__exit__(None, None, None)
                shutil.rmtree(folder / "rmq", ignore_errors=True)


def end_and_wait(pid: int, signum: int) -> None:
    """Send a server a signal, and wait until it has gone."""
    os.kill(pid, signum)
    wait_for(lambda: not Path(f"/proc/{pid}/stat").exists())
