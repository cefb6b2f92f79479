"""Where the processes of a machine are noted and where they log: folders of CHERHA_HOME."""

import os
from pathlib import Path

from app_srvc.errors import CannotStart
from app_srvc.managing import claims
from app_srvc.managing.claims import Held
from app_srvc.managing.scripts import ROOT, Script


def folder() -> Path:
    """Return CHERHA_HOME; without it, it is beside the scripts."""
    given = os.environ.get("CHERHA_HOME")
    return Path(given).resolve() if given else ROOT / ".cherha"


def names() -> Path:
    """Return the folder with the names that supervisors hold."""
    return folder() / "workers"


def logs() -> Path:
    """Return the folder with the log of each process."""
    return folder() / "logs"


def make() -> None:
    """Make the folders, for their owner alone.

    Raises:
        CannotStart: they cannot be made or written to.
    """
    for needed in (folder(), names(), logs()):
        try:
            needed.mkdir(parents=True, exist_ok=True, mode=0o700)
            is_writable = os.access(needed, os.W_OK | os.X_OK)
        except OSError as error:
            raise CannotStart(f"The folder {needed} cannot be made: {error.strerror}.") from error
        if not is_writable:
            raise CannotStart(f"The folder {needed} cannot be written to.")


def held(scripts: list[Script]) -> list[Held]:
    """Return the names of these scripts that supervisors of this machine hold."""
    return claims.held(names(), [script.kind for script in scripts])
