"""On what something was measured: the date, the machine, what is installed, the commit."""

import importlib.metadata
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psutil

from app_srvc.launching import cluster, servers
from tests.support.workers import ROOT


def described() -> str:
    """Return it in two sentences."""
    memory = psutil.virtual_memory().total / 1e9
    cores = f"{psutil.cpu_count()} cores of a {_processor()}, {memory:.0f} GB of memory"
    versions = ", ".join(
        (f"Python {platform.python_version()}", f"PostgreSQL {_postgresql()}",
         f"Redis {_redis()}", f"rq {importlib.metadata.version('rq')}")
    )  # fmt: skip
    load = psutil.getloadavg()[2]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}: {cores}; {versions}."
        f" {load:.1f} processes were waiting for a core in the quarter of an hour before the end."
    )


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _postgresql() -> str:
    command = [str(cluster.binaries() / "postgres"), "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return told.split()[-1]


def _redis() -> str:
    _program, version = servers._redis_program()
    return ".".join(map(str, version))


def _commit() -> str:
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    )
    return told.stdout.strip() or "unknown"
