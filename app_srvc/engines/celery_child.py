"""Jobs through Celery: the process that runs them, one after another.

It is forked from the worker, with all that the worker has loaded, and can be killed with whatever
a job is doing. Unlike rq's it lives on after a job, and so keeps its connections: what a fork and
new connections cost is several times what a short job does. After some jobs it is replaced.
"""

import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from app_srvc.engines.protocol import Attendant, took_longer_than
from app_srvc.processes import die_with_parent

log = logging.getLogger(__name__)

# Then another one begins, and with it whatever libraries have piled up is gone.
MOST_JOBS = 100
LONGEST_SECONDS = 600.0
SUCCEEDED, FAILED, STOPPED = "succeeded", "failed", "stopped"
# What a child says of a job whose row was not there to be taken, or has been handed over.
NOTHING = "there was nothing to do, or it goes on elsewhere"
DIED = "ProcessDied"
_MOST_BYTES = 4096


class Outcome(NamedTuple):
    """How a job has ended: a word, and a few more for operators."""

    kind: str
    about: str


class Overdue(Exception):
    """Raised in the midst of a job that takes too long."""


class Child:
    """A process that runs jobs, as its parent sees it."""

    def __init__(self, attendant: Attendant, close: Callable[[], None]) -> None:
        """Fork. `close` lets go, in the child, of what is the parent's alone."""
        mine, its = socket.socketpair()
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        with attendant.forking():
            self.pid = os.fork()
            if self.pid == 0:
                mine.close()
                _live(its, attendant, parent, close)
        its.close()
        with suppress(PermissionError):
            os.setpgid(self.pid, self.pid)  # So does the child; whoever is first.
        self._line = mine
        self._line.setblocking(False)
        self._is_dead = self._is_to_go = False
        self._jobs = 0
        self._since = time.monotonic()

    def fileno(self) -> int:
        """Return what becomes readable when it says something."""
        return self._line.fileno()

    def begin(self, job_id: str, timeout_seconds: int) -> None:
        """Let it run a job. That it has died is told by `outcome`."""
        self._jobs += 1
        with suppress(OSError):
            self._line.send(json.dumps([job_id, timeout_seconds]).encode())

    def outcome(self) -> Outcome | None:
        """Return how the job has ended, if it has."""
        if self._is_gone():
            said = self._read()
            return said or Outcome(FAILED, DIED)
        return self._read()

    def kill(self) -> None:
        """End it, with whatever it has started."""
        self._is_to_go = True
        if not self._is_dead:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def is_used_up(self) -> bool:
        """Whether another one is to take its place."""
        is_old = time.monotonic() - self._since > LONGEST_SECONDS
        return self._is_to_go or self._jobs >= MOST_JOBS or is_old or self._is_gone()

    def bury(self) -> None:
        """End it, and wait until it has."""
        self.kill()
        if not self._is_dead:
            with suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        self._is_dead = True
        self._line.close()

    def _is_gone(self) -> bool:
        if not self._is_dead:
            with suppress(ChildProcessError):
                self._is_dead = os.waitpid(self.pid, os.WNOHANG)[0] != 0
        return self._is_dead

    def _read(self) -> Outcome | None:
        with suppress(BlockingIOError, ConnectionError):
            if self._line.fileno() >= 0 and (said := self._line.recv(_MOST_BYTES)):
                return Outcome(*json.loads(said))
        return None


def _live(
    line: socket.socket, attendant: Attendant, parent: int, close: Callable[[], None]
) -> None:
    """Be the child, and nothing after that."""
    code = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(signum, signal.SIG_DFL)
        die_with_parent(parent=parent)
        close()
        while said := line.recv(_MOST_BYTES):
            job_id, seconds = json.loads(said)
            outcome = _run(job_id, seconds, attendant)
            line.send(json.dumps(outcome).encode())
        code = 0
    except BaseException:
        log.exception("the process of a job ends")
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(job_id: str, seconds: int, attendant: Attendant) -> Outcome:
    try:
        attempt = _perform(job_id, seconds, attendant)
    except Exception as error:
        attendant.on_failure(job_id, error)
        return Outcome(FAILED, type(error).__name__)
    attendant.on_success(job_id, attempt)
    return Outcome(SUCCEEDED, NOTHING if attempt is None else "")


def _perform(job_id: str, seconds: int, attendant: Attendant) -> int | None:
    try:
        with _raising_after(seconds):
            return attendant.perform(job_id)
    except Overdue as error:
        raise took_longer_than(seconds) from error


@contextmanager
def _raising_after(seconds: int) -> Iterator[None]:
    """Raise Overdue in the block when it takes longer. One in C code cannot be reached so: its
    worker ends the process some time later."""

    def expire(_signum: int, _frame: Any) -> None:
        raise Overdue

    signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
