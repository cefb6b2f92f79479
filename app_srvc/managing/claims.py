"""Names of the processes that are kept running on this machine, and who keeps each.

A name is a file with the number of its supervisor, which holds a lock on it. The system takes the
lock back however the supervisor ends, so no file is ever stale, and none of its numbers belongs
by now to another process: a file that nobody holds says nothing.
"""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple


class Held(NamedTuple):
    """A name that a supervisor of this machine holds."""

    name: str
    supervisor: int


class Claim:
    """A name, for as long as this process lives and wants it."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        half = path.with_name(f".{path.name}.{os.getpid()}")
        self._file: IO[str] | None = half.open("w")
        # Locked and written before others can see it under its name.
        fcntl.flock(self._file, fcntl.LOCK_EX)
        json.dump({"host": socket.gethostname(), "supervisor": os.getpid()}, self._file)
        self._file.flush()
        half.rename(path)

    def release(self) -> None:
        """Give the name back."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None


def take(folder: Path, kind: str, count: int) -> list[Claim]:
    """Take the names of a kind with the lowest numbers that nobody holds."""
    claims: list[Claim] = []
    with _alone(folder):
        number = 1
        while len(claims) < count:
            path = folder / f"{kind}-{number}"
            if _read(path) is None:
                claims.append(Claim(path))
            number += 1
    return claims


def held(folder: Path, kinds: list[str]) -> list[Held]:
    """Return the names that supervisors of this machine hold."""
    found = []
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            said = _read(path) if path.name.rpartition("-")[0] in kinds else None
            # A folder may be shared by machines; a number means something on its own.
            if said is not None and said["host"] == socket.gethostname():
                found.append(Held(path.name, int(said["supervisor"])))
    return found


def _read(path: Path) -> dict[str, str | int] | None:
    """Return what is said of a name; None when nobody holds it."""
    try:
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                said: dict[str, str | int] = json.load(file)
                return said
    except FileNotFoundError:
        pass
    return None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let nobody else take a name meanwhile."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
