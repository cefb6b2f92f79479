"""Start workers on this machine, and leave a supervisor with them."""

import os
import subprocess
import sys
import time
from typing import NamedTuple

from app_srvc import settings
from app_srvc.errors import CannotStart, DatabaseDown
from app_srvc.managing import home, living, scripts
from app_srvc.managing.scripts import ROOT, Script

READY_SECONDS = 60.0
LOOK_SECONDS = 0.2


class Crowd(NamedTuple):
    """More workers than there are cores."""

    workers: int
    cores: int


class Started(NamedTuple):
    """Processes of one script, by name, and who keeps them running."""

    script: Script
    workers: int
    names: list[str]
    supervisor: int


def crowd(queue: str | None, count: int | None) -> Crowd | None:
    """Say whether so many workers more will be too many for the cores of this machine."""
    coming = sum(_count(script, count) for script in scripts.serving(queue))
    try:
        here = sum(worker.is_here for worker in living.workers(None))
    except DatabaseDown:
        here = 0
    cores = _cores()
    return Crowd(here + coming, cores) if here + coming > cores else None


def start(queue: str | None, count: int | None) -> list[Started]:
    """Start workers of each script that serves a queue, or of all scripts.

    Raises:
        CannotStart: a supervisor did not come up.
    """
    home.make()
    return [_start(script, _count(script, count)) for script in scripts.serving(queue)]


def wait_until_there(started: list[Started]) -> bool:
    """Wait until all show themselves; False when that takes too long, or nobody can tell."""
    deadline = time.monotonic() + READY_SECONDS
    wanted = {
        living.prefix(name): one.workers if one.script.is_crew else 1
        for one in started
        for name in one.names
    }
    try:
        while time.monotonic() < deadline:
            names = [worker.name for worker in living.workers(None)]
            if all(
                sum(name.startswith(start) for name in names) >= count
                for start, count in wanted.items()
            ):
                return True
            time.sleep(LOOK_SECONDS)
    except DatabaseDown:
        pass
    return False


def _start(script: Script, count: int) -> Started:
    command = [sys.executable, "-m", "app_srvc.managing.supervisor", script.kind, str(count)]
    log = home.logs() / "supervisors.log"
    with log.open("a") as lines:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"CHERHA_HOME": str(home.folder())},
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
            start_new_session=True,  # It outlives the terminal.
        )
    wanted = 1 if script.is_crew else count
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        names = [held.name for held in home.held([script]) if held.supervisor == process.pid]
        if len(names) == wanted:
            return Started(script, count, names, process.pid)
        time.sleep(0.02)
    raise CannotStart(f"The workers of {script.file} were not started; {log} says why.")


def _count(script: Script, count: int | None) -> int:
    if count is not None:
        return count
    if not script.is_crew:
        return 1
    return int(getattr(settings.load(), script.number_setting.lower()))


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
