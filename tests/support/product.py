"""The whole product as `make run` starts it, with handles to hurt its parts."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.support.web import get
from tests.support.workers import ROOT, wait_for

PROGRAMS = {
    "web": "gunicorn",
    "worker": "sttworker.py",
    "detector": "detectworker.py",
    "registrar": "usrregworker.py",
    "postman": "mailworker.py",
    "clerk": "recordworker.py",
    "caller": "callworker.py",
    "redis": "redis-server",
    "postgresql": "bin/postgres",
}


def free_port() -> int:
    """Return a port that nobody uses just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class Product:
    """A launcher and all that it starts. What it prints is kept in `lines`."""

    def __init__(
        self, home: Path, *, workers: int = 2, prefix: Sequence[str] = (), **env: str
    ) -> None:
        self.home = home
        self.prefix = list(prefix)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = os.environ | {
            "CHERHA_HOME": str(home),
            "PORT": str(self.port),
            "STT_WORKERS": str(workers),
            "RECORD_WORKERS": "1",
            "CALL_WORKERS": "1",
            "LOG_LEVEL": "INFO",
            # Counted as ever, and never met: all comes from one address.
            "RATE_LIMITS": "*=999999999/minute",
        }
        for name in ("DATABASE_URL", "QUEUE_URL", "STORAGE_URL", "SECRET_KEY"):
            self.env.pop(name, None)
        self.env |= env
        self.lines: list[str] = []
        self.process: subprocess.Popen[str]
        self.seen: list[psutil.Process] = []

    def launch(self) -> None:
        """Start the launcher and go on at once."""
        self.process = subprocess.Popen(
            [*self.prefix, sys.executable, "-W", "ignore", "-m", "app_srvc.laptop"],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def start(self) -> None:
        """Start, and wait until it says that it is ready."""
        before = len(self.lines)
        self.launch()
        wait_for(
            lambda: (
                self.process.poll() is not None
                or any("Ctrl-C stops" in line for line in self.lines[before:])
            )
        )
        assert self.process.poll() is None, "\n".join(self.lines)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def stop(self) -> int:
        """Press Ctrl-C and wait for the end; give jobs back rather than wait for them."""
        self._look()
        if self.process.poll() is None:
            self.interrupt()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.interrupt()
        return self.process.wait(60)

    def find(self, role: str) -> list[psutil.Process]:
        """Return the processes of a role that the launcher itself has started."""
        self._look()
        return [
            child
            for child in psutil.Process(self.process.pid).children()
            if PROGRAMS[role] in " ".join(_command(child))
        ]

    def kill(self, role: str, signum: signal.Signals = signal.SIGKILL) -> None:
        """End the first process of a role."""
        self.find(role)[0].send_signal(signum)

    def kill_launcher(self) -> None:
        """End the launcher without a warning."""
        self._look()
        self.process.kill()
        self.process.wait()

    def left_over(self) -> list[psutil.Process]:
        """Return what still runs of all that was ever seen."""
        return [process for process in self.seen if is_alive(process)]

    def answers(self, path: str = "/healthz") -> bool:
        """Say whether the web is there."""
        try:
            return get(f"{self.url}{path}", timeout=10).status == 200
        except OSError:
            return False

    def is_ready(self) -> bool:
        """Say whether the web is there, and all that it needs."""
        return self.answers("/readyz")

    def address_of(self, role: str) -> str:
        """Return where a server of this product can be reached."""
        text = "\n".join(self.lines)
        if role == "redis":
            return f"unix://{self._run_folder(text)}/redis.sock"
        return f"postgresql:///cherha?host={self._run_folder(text)}/postgresql&user=cherha"

    def _run_folder(self, text: str) -> str:
        found = re.search(r'Unix socket "(.+)/postgresql/\.s\.PGSQL', text)
        assert found is not None
        return found.group(1)

    def _look(self) -> None:
        try:
            children = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return
        self.seen += [child for child in children if child not in self.seen]

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append(line.rstrip())


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def is_alive(process: psutil.Process) -> bool:
    """Say whether a process still runs; one that is dead but not yet buried does not."""
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_gone(product: Product) -> float:
    """Wait until nothing of the product runs, and return how long that took."""
    began = time.monotonic()
    wait_for(lambda: not product.left_over())
    return time.monotonic() - began
