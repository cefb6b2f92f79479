"""The process that runs a worker's jobs, one after another, for either engine.

It is forked from the worker, with all that the worker has loaded, and can be killed with whatever
a job is doing. It lives on after a job, and so keeps its connections: what a fork and new
connections cost is several times what a short job does. After some jobs it is replaced.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from app_srvc.engines.protocol import Attendant
from app_srvc.processes import die_with_parent

log = logging.getLogger(__name__)

# Then another one begins, and with it whatever libraries have piled up is gone.
MOST_JOBS = 100
LONGEST_SECONDS = 600.0
# Beyond what the first job has left, such as a model that is loaded for all.
MOST_GROWTH_BYTES = 100_000_000
MOST_BYTES = 4096
# As `waitpid` tells of a process that has ended with 1.
FAILED_STATUS = 1 << 8
# Before what it says of a job: whether it is fit for another one.
_FIT, _USED_UP = b"+", b"-"


class Child:
    """A process that runs jobs, as its parent sees it."""

    def __init__(
        self,
        attendant: Attendant,
        run: Callable[[bytes], bytes],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        """Fork. In the child `close` lets go of what is the parent's alone, and `run` runs a job
        and says how it has ended."""
        mine, its = socket.socketpair()
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        with attendant.forking():
            self.pid = os.fork()
            if self.pid == 0:
                mine.close()
                _live(its, run, parent, close)
        its.close()
        with suppress(PermissionError):
            os.setpgid(self.pid, self.pid)  # So does the child; whoever is first.
        self._line = mine
        self._line.setblocking(False)
        self._is_dead = self._is_to_go = False
        self.status = FAILED_STATUS
        self._jobs = 0
        self._since = time.monotonic()
        self._bytes_at_first: int | None = None

    def fileno(self) -> int:
        """Return what becomes readable when it says something, or ends."""
        return self._line.fileno()

    def begin(self, job: bytes) -> None:
        """Let it run a job. That it has died is told by `is_gone`."""
        self._jobs += 1
        with suppress(OSError):
            self._line.recv(MOST_BYTES)  # What it has said of the job before.
        with suppress(OSError):
            self._line.send(job)

    def said(self) -> bytes | None:
        """Return what it has said of the job, if it has. It may be asked again: an exception that
        a signal raises just here takes nothing away."""
        told = b""
        with suppress(BlockingIOError, ConnectionError):
            if self._line.fileno() >= 0:
                told = self._line.recv(MOST_BYTES, socket.MSG_PEEK)
        if told[:1] == _USED_UP:
            self._is_to_go = True
        return told[1:] or None

    def kill(self) -> None:
        """End it, with whatever it has started."""
        self._is_to_go = True
        if not self._is_dead:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def is_used_up(self) -> bool:
        """Whether another one is to take its place."""
        is_old = time.monotonic() - self._since > LONGEST_SECONDS
        has_served = self._is_to_go or self._jobs >= MOST_JOBS or is_old
        return has_served or self.is_gone() or self._has_grown()

    def bury(self) -> None:
        """End it, and wait until it has."""
        self.kill()
        if not self._is_dead:
            with suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        self._is_dead = True
        self._line.close()

    def is_gone(self) -> bool:
        """Whether it has ended; `status` says how, as `waitpid` does."""
        if not self._is_dead:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self._is_dead, self.status = True, status
            except ChildProcessError:  # A signal came between its burial and this note of it.
                self._is_dead = True
        return self._is_dead

    def _has_grown(self) -> bool:
        now = _own_bytes(self.pid)
        if self._bytes_at_first is None:
            self._bytes_at_first = now
        return now - self._bytes_at_first > MOST_GROWTH_BYTES


def _live(
    line: socket.socket, run: Callable[[bytes], bytes], parent: int, close: Callable[[], None]
) -> None:
    """Be the child, and nothing after that."""
    code = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(signum, signal.SIG_DFL)
        die_with_parent(parent=parent)
        close()
        while job := line.recv(MOST_BYTES):
            said = run(job)
            # What a job has given up waiting for goes with its process.
            is_alone = threading.active_count() == 1
            line.send((_FIT if is_alone else _USED_UP) + said)
        code = 0
    except BaseException:
        log.exception("the process of a job ends")
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _own_bytes(pid: int) -> int:
    """Return the memory of a process that is of no file; 0 where nobody says."""
    with suppress(OSError):
        total, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
        return (int(total) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
    return 0
