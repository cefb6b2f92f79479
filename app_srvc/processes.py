"""What the operating system can do about processes and their owners."""

import ctypes
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from app_srvc.errors import CannotStart

STOP_SECONDS = 20.0

_PR_SET_PDEATHSIG = 1
NOBODY = 65534

# Loaded at import: between fork and exec nothing may allocate or take a lock.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(signum: int = signal.SIGKILL, parent: int | None = None) -> None:
    """Ask to be sent `signum` when the parent dies, however it dies.

    To be called in the child. `parent` is the parent's number as the parent knows it: one that
    died before the call would otherwise go unnoticed. Linux only; elsewhere this does nothing.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, signum)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signum)


def dying_with_me(signum: int = signal.SIGKILL) -> Callable[[], None]:
    """Return what Popen is to call in a child that must not outlive this process."""
    return functools.partial(die_with_parent, signum, os.getpid())


def send(pid: int, signum: int) -> bool:
    """Send a signal; False when there is no such process (any more)."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signum)
        return True
    return False


def memory_bytes() -> int | None:
    """Return the memory of this process and its children; None where nobody says.

    On Linux what several processes share is divided among them, so that it counts once in all.
    """
    with suppress(psutil.Error):
        own = psutil.Process()
        return sum(_share_of(process) for process in (own, *own.children(recursive=True)))
    return None


def _share_of(process: psutil.Process) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0  # It has ended.


def command_of(pid: int) -> str | None:
    """Return the name of the program that a process runs; None when there is none any more.

    A process that has ended but was not waited for yet runs nothing.
    """
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        # The name stands in brackets and may hold any character.
        text = stat.read_text() if stat.exists() else ""
        name, _, rest = text.partition("(")[2].rpartition(") ")
        state = rest[:1]
    else:
        command = ["ps", "-o", "stat=,comm=", "-p", str(pid)]
        told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        state, _, name = told.strip().partition(" ")
    return None if not name or state.startswith("Z") else Path(name).name


def end_left_over(pid_file: Path, program: str, signum: signal.Signals) -> None:
    """Stop a server that a killed launcher has left at work in the folder of its pid file.

    A file whose number belongs to nobody, or by now to somebody else, is removed.

    Raises:
        CannotStart: it does not stop; two on the same data would destroy it.
    """
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text().split("\n", 1)[0] or 0)
    if _works_in(pid, program, pid_file.parent):
        send(pid, signum)
        deadline = time.monotonic() + STOP_SECONDS
        while _works_in(pid, program, pid_file.parent):
            if time.monotonic() > deadline:
                raise CannotStart(f"{program} ({pid}) still works in {pid_file.parent}; stop it.")
            time.sleep(0.05)
    pid_file.unlink(missing_ok=True)


def _works_in(pid: int, program: str, folder: Path) -> bool:
    if pid <= 1 or command_of(pid) != program:
        return False
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    except OSError:
        # Not to be seen, as on macOS: better one question too many than two servers.
        return send(pid, 0)


class Account(NamedTuple):
    """How to run a program that refuses to be root's: a prefix, and arguments for Popen."""

    prefix: list[str]
    options: dict[str, Any]

    def take_over(self, folder: Path) -> None:
        """Give a folder, with all that is in it, to the account that is going to use it.

        That account may then pass through the folder above, and see nothing in it.
        """
        owner = self.options.get("user")
        if owner is None:
            return
        folder.parent.chmod(0o711)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)


@functools.cache
def ordinary_account(program: Path) -> Account:
    """Return how to start a program that refuses to be root's.

    Root can be nobody in a user namespace of its own, where the files stay root's. Containers
    often forbid that; then the program runs as nobody, and needs its files given to it.

    Raises:
        CannotStart: nobody could not even read the program.
    """
    if os.getuid() != 0:
        return Account([], {})
    prefix = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
    if _starts([*prefix, "true"]):
        return Account(prefix, {})
    options: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    if _starts([str(program), "--version"], **options):
        return Account([], options)
    raise CannotStart(
        "PostgreSQL does not run as root, and others may not enter the folder of its programs;"
        " use another folder, another user, or give DATABASE_URL."
    )


def _starts(command: list[str], **options: Any) -> bool:
    try:
        tried = subprocess.run(command, capture_output=True, check=False, **options)
    except OSError:
        return False
    return tried.returncode == 0
