"""A machine on which `manage_worker.py` is run, as people do."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from app_srvc.managing import claims, living, presenting, scripts
from tests.support.workers import ROOT, wait_for

KINDS = [script.kind for script in scripts.known()]


class Machine:
    """A CHERHA_HOME of its own; its worker scripts also know the tests' tasks."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        (folder / "sitecustomize.py").write_text("from tests.support import tasks\n")
        self.env = os.environ | {
            "CHERHA_HOME": str(self.home),
            "PYTHONPATH": f"{folder}:{ROOT}",
            "LOG_LEVEL": "INFO",
        }
        self.seen: set[psutil.Process] = set()

    def begin(self, *words: str, **env: str) -> "subprocess.Popen[str]":
        """Run a command, and do not wait for its end."""
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "manage_worker.py", *words],
            cwd=ROOT,
            env=self.env | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        process = self.begin(*words, **env)
        out, err = process.communicate(timeout=120)
        self.processes()
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def workers(self) -> list[dict[str, Any]]:
        """Return what `status --json` tells, without a process for it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CHERHA_HOME", str(self.home))
            text = presenting.as_json(living.workers(None))
        told: list[dict[str, Any]] = json.loads(text)["workers"]
        return told

    def names(self) -> list[str]:
        """Return the names that are held."""
        return [held.name for held in claims.held(self.home / "workers", KINDS)]

    def supervisors(self) -> list[psutil.Process]:
        """Return the processes that keep workers running."""
        held = claims.held(self.home / "workers", KINDS)
        return [psutil.Process(number) for number in {one.supervisor for one in held}]

    def processes(self) -> list[psutil.Process]:
        """Return all processes that were ever seen, and still run."""
        for supervisor in self.supervisors():
            self.seen |= {supervisor, *supervisor.children(recursive=True)}
        return [process for process in self.seen if _runs(process)]

    def end(self) -> None:
        """End all of them, at once."""
        for process in self.processes():
            process.kill()
        wait_for(lambda: not self.processes())


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def new_machine(database: None, tmp_path: Path) -> Iterator[Callable[[str], Machine]]:
    """Give a way to have a machine; all of them share the servers."""
    machines: list[Machine] = []

    def make(name: str) -> Machine:
        folder = tmp_path / name
        folder.mkdir()
        machines.append(Machine(folder))
        return machines[-1]

    yield make
    for machine in machines:
        machine.end()


@pytest.fixture
def machine(new_machine: Callable[[str], Machine]) -> Machine:
    """Return a machine."""
    return new_machine("machine")


@pytest.fixture
def other(new_machine: Callable[[str], Machine]) -> Machine:
    """Return another one."""
    return new_machine("other")
