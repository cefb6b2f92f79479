"""The servers of our own: private, durable, and clear about what keeps them from starting."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis

from app_srvc import processes
from app_srvc.errors import CannotStart
from app_srvc.launching import cluster, servers
from app_srvc.processes import Account
from tests.conftest import Servers
from tests.support.workers import wait_for


def account_for_postgresql() -> Account:
    """Return how PostgreSQL is started here."""
    return processes.ordinary_account(cluster.binaries() / "postgres")


@pytest.fixture
def short() -> Iterator[Path]:
    """Return a folder with a name that is short enough for sockets below it."""
    with tempfile.TemporaryDirectory(prefix="c-") as folder:
        yield Path(folder)


def test_nobody_else_can_reach_them(backing: Servers) -> None:
    for path in (backing.run, backing.run / "redis.sock", backing.run / "postgresql"):
        assert path.stat().st_mode & 0o077 == 0
    for name in ("postgresql", "redis"):
        process = psutil.Process(backing.pid(name))
        listening = [one for one in process.net_connections("inet") if one.status == "LISTEN"]
        assert listening == []


def test_redis_keeps_a_log_and_never_evicts(backing: Servers) -> None:
    with redis.Redis.from_url(backing.urls["redis"]) as client:
        settings = client.config_get("*")

    assert settings["appendonly"] == "yes"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["port"] == "0"


def test_data_of_a_newer_redis_is_left_alone(tmp_path: Path) -> None:
    servers.redis_server(tmp_path, tmp_path)
    (tmp_path / "redis" / "written-by").write_text("99.1.2\n")

    with pytest.raises(CannotStart, match=r"was written by Redis 99\.1\.2"):
        servers.redis_server(tmp_path, tmp_path)


def test_data_of_another_postgresql_is_left_alone(backing: Servers, tmp_path: Path) -> None:
    data = tmp_path / "postgresql"
    data.mkdir()
    (data / "PG_VERSION").write_text("99\n")

    with pytest.raises(CannotStart, match="was written by PostgreSQL 99"):
        cluster.prepare(data, Account([], {}))


def test_a_data_folder_is_made_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    (tmp_path / "postgresql.half").mkdir()
    (tmp_path / "postgresql.half" / "left-over").write_text("of a killed start")
    account = account_for_postgresql()

    cluster.prepare(tmp_path / "postgresql", account)
    assert (tmp_path / "postgresql" / "PG_VERSION").exists()
    assert not (tmp_path / "postgresql.half").exists()


def test_a_data_folder_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    limited = Account(["prlimit", "--fsize=100000", *account_for_postgresql().prefix], {})

    with pytest.raises(CannotStart, match="could not be made"):
        cluster.prepare(tmp_path / "postgresql", limited)
    assert list(tmp_path.iterdir()) == []


def test_a_stale_pid_file_of_somebody_elses_process_is_no_obstacle(tmp_path: Path) -> None:
    data = tmp_path / "postgresql"
    cluster.prepare(data, account_for_postgresql())
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (data / "postmaster.pid").write_text(f"{other.pid}\n{data}\n")

        cluster.prepare(data, account_for_postgresql())
        assert not (data / "postmaster.pid").exists()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_server_left_behind_by_a_killed_launcher_is_stopped_first(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = Servers(home)
    first.start()
    try:
        cluster.prepare(home / "postgresql", account_for_postgresql())
        assert first.child("postgresql").wait(10)
    finally:
        first.stop()


@pytest.mark.skipif(os.getuid() != 0, reason="only root has to become somebody else")
def test_root_where_it_may_make_no_namespace_runs_postgresql_as_nobody(
    monkeypatch: pytest.MonkeyPatch, short: Path
) -> None:
    monkeypatch.setenv("PATH", str(short))
    short.chmod(0o711)
    processes.ordinary_account.cache_clear()
    own = Servers(short / "home")
    try:
        own.start()
        assert psutil.Process(own.pid("postgresql")).uids().effective == processes.NOBODY
    finally:
        own.stop()
        processes.ordinary_account.cache_clear()


def test_a_folder_of_somebody_elses_is_not_used(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(short))
    name = servers.run_folder(short / "home").name
    (short / name).rmdir()
    (short / name).symlink_to(short)

    with pytest.raises(CannotStart, match="belongs to somebody else"):
        servers.run_folder(short / "home")


def test_a_path_too_long_for_a_socket_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / ("x" * 100)))

    with pytest.raises(CannotStart, match="too long for a socket"):
        servers.run_folder(tmp_path)


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time; from app_srvc.processes import dying_with_me;"
        "p = subprocess.Popen(['sleep', '60'], preexec_fn=dying_with_me());"
        "print(p.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 5)


def test_without_any_redis_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: Callable[..., None]
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CannotStart, match=r"install one or give QUEUE_URL"):
        servers.redis_server(tmp_path, tmp_path)
