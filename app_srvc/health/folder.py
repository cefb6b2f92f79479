"""Where the web processes of one gunicorn count together, so that each can tell what all did.

It has to be named before the library is imported, which counts in memory otherwise.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from app_srvc import processes

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# Memory. The library maps its files: on a disk that is full, the next count would end the process.
_MEMORY = Path("/dev/shm")  # noqa: S108  # The folder in it has a name that nobody can know.
_PREFIX = "cherha-web-"


def place() -> Path:
    """Return where such folders are."""
    return _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def make() -> None:
    """Make a folder for this process and its children, and take away those of killed ones.

    To be called again, as gunicorn does when it is told to reload, changes nothing.
    """
    mine = f"{_PREFIX}{os.getpid()}-"
    if Path(os.environ.get(VARIABLE, "")).name.startswith(mine):
        return
    for left_over in place().glob(f"{_PREFIX}*-*"):
        with suppress(ValueError):
            if processes.command_of(int(left_over.name.split("-")[2])) is None:
                shutil.rmtree(left_over, ignore_errors=True)
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix=mine, dir=place())


def remove() -> None:
    """Take the folder away again."""
    shutil.rmtree(os.environ[VARIABLE], ignore_errors=True)
