"""Everything on one machine for one person: `python -m app_srvc.laptop`, or `make run`.

Starts PostgreSQL and Redis (unless DATABASE_URL and QUEUE_URL name others), brings the tables up
to date, starts the web and the workers, and keeps them running until Ctrl-C.
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import IO

from app_srvc import numbers, settings
from app_srvc.accounts import operator_links
from app_srvc.errors import CannotStart, DatabaseDown
from app_srvc.launching.launcher import Launcher
from app_srvc.launching.queue_servers import OWN_RABBITMQ
from app_srvc.launching.supervising import say
from app_srvc.managing import scripts

NEEDED_BYTES = 300_000_000


def main() -> None:
    """Run until Ctrl-C."""
    os.umask(0o077)
    try:
        env = _environment()
        home = Path(env["CHERHA_HOME"])
        lock = _take(home)
        _check_room(home)
        _check_port(env["HOST"], int(env["PORT"]))
        env.setdefault("SECRET_KEY", _secret_key(home))
        launcher = Launcher(home, env)
    except CannotStart as error:
        sys.exit(f"cherha: {error}")
    failure = None
    try:
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, launcher.request_stop)
        launcher.start()
        _greet(launcher)
        launcher.watch()
    except KeyboardInterrupt:
        say("cherha", "Stopped while starting.")
    except DatabaseDown as error:
        failure = f"cherha: {error.sentence}"
    except (CannotStart, settings.WrongSetting, OSError) as error:
        failure = f"cherha: {error}"
    finally:
        launcher.stop()
        lock.close()
        # An impatient Ctrl-C would end the interpreter on its last steps, and look like a failure.
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.SIG_IGN)
    say("cherha", "Stopped.")
    sys.exit(failure)


def _environment() -> dict[str, str]:
    """Return the environment for all processes: what is given, and what a laptop wants else."""
    env = {name: value for name, value in os.environ.items() if value}
    home = Path(env.get("CHERHA_HOME", ".cherha")).resolve()
    env["CHERHA_HOME"] = str(home)
    env.setdefault("STORAGE_URL", (home / "files").as_uri())
    env.setdefault("HOST", "127.0.0.1")
    env.setdefault("PORT", "8080")
    # A browser returns a Secure cookie over https only, and this serves plain http.
    env.setdefault("COOKIES_SECURE", "false")
    env.setdefault("STT_WORKERS", str(os.cpu_count() or 1))
    env.setdefault("RECORD_WORKERS", "8")
    if "QUEUE" in env:
        if env["QUEUE"] not in {"redis", OWN_RABBITMQ}:
            raise CannotStart(f"QUEUE is {env['QUEUE']!r}; it must be redis or rabbitmq.")
        if env["QUEUE"] == OWN_RABBITMQ:
            env["QUEUE_URL"] = OWN_RABBITMQ
    env.setdefault("CALL_WORKERS", "2")
    env.setdefault("CALL_THREADS", "4")
    limits = {script.number_setting: 64 if script.is_crew else 256 for script in scripts.known()}
    for name, most in (limits | {"PORT": 65535, "CALL_THREADS": 64}).items():
        env.setdefault(name, "1")
        if numbers.read(env[name], 1, most) is None:
            raise CannotStart(f"{name} is {env[name]!r}; it must be a number from 1 to {most}.")
    return env


def _take(home: Path) -> IO[str]:
    """Make this process the only one that uses the folder; the lock goes with the process."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (home / "lock").open("a")
    except OSError as error:
        raise CannotStart(f"The folder {home} cannot be used: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(
            f"Another one runs on {home} already; stop it, or set CHERHA_HOME to another folder."
        ) from None
    return lock


def _check_room(home: Path) -> None:
    free = shutil.disk_usage(home).free
    if free < NEEDED_BYTES:
        raise CannotStart(
            f"The disk of {home} is full: {free // 10**6} MB are free,"
            f" {NEEDED_BYTES // 10**6} are needed."
        )


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} of {host} cannot be used: {error.strerror}; set PORT to another."
            ) from error


def _secret_key(home: Path) -> str:
    """Return the key that signs cookies; made once a home, readable by its owner alone."""
    path = home / "secret-key"
    if not path.exists():
        half = path.with_suffix(".half")
        half.touch(mode=0o600)
        half.write_text(secrets.token_hex(32))
        half.rename(path)
    return path.read_text()


def _greet(launcher: Launcher) -> None:
    """Print where to go. The link is for this terminal only; no log has it."""
    say("cherha", f"Ready: {launcher.address}/")
    say(
        "cherha",
        f"Operators, once and within the hour: {launcher.address}{operator_links.make_link()}",
    )
    say("cherha", "Ctrl-C stops everything.")


if __name__ == "__main__":
    main()
