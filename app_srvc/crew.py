"""Several workers out of one process: forked from it, they share in memory what was imported.

The process itself does nothing but watch: it begins a new one for each that dies, passes on what
it is told, and takes them along however it ends.
"""

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from app_srvc import engines, logs, processes, settings, worker
from app_srvc.jobs import registry
from app_srvc.queues import Queue

log = logging.getLogger(__name__)

# One that dies at once, again and again, is begun anew this often.
PAUSE_SECONDS = 1.0
_TOLD_BY = (signal.SIGTERM, signal.SIGINT)


def run(count: Callable[[settings.Settings], int], *queues: Queue) -> None:
    """Let as many workers as a setting says serve the queues, each as `worker.run` does."""
    try:
        logs.configure()
        known = settings.load()
        engines.serving(queues)
        registry.load()
        registry.preload(queues)
    except settings.WrongSetting as error:
        sys.exit(str(error))
    gc.freeze()  # What there is now stays; a collection would copy its pages into each fork.
    _Crew(count(known), queues).watch()


class _Crew:
    def __init__(self, count: int, queues: tuple[Queue, ...]) -> None:
        self._queues = queues
        self._is_told_to_stop = False
        self._pids: set[int] = set()
        for signum in _TOLD_BY:
            signal.signal(signum, self._pass_on)
        for _number in range(count):
            self._begin()

    def watch(self) -> None:
        """Wait for the end of all, and begin anew those that were not told to.

        One that was told by itself, through the engine, ends with 0.
        """
        while self._pids:
            pid, status = os.wait()
            self._pids.discard(pid)
            code = os.waitstatus_to_exitcode(status)
            if code != 0 and not self._is_told_to_stop:
                log.warning("worker %d ended with %d", pid, code)
                time.sleep(PAUSE_SECONDS)
                self._begin()

    def _begin(self) -> None:
        # A signal that comes between the fork and the note of its number would reach nobody.
        signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD_BY)
        if not self._is_told_to_stop:
            parent = os.getpid()
            pid = os.fork()
            if pid == 0:
                self._work(parent)
            self._pids.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD_BY)

    def _work(self, parent: int) -> None:
        """Be a worker, and nothing after that."""
        for signum in _TOLD_BY:
            signal.signal(signum, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD_BY)
        processes.die_with_parent(parent=parent)
        code = 1
        try:
            worker.run(*self._queues)
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        except BaseException:
            log.exception("a worker failed")
        finally:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _pass_on(self, signum: int, _frame: FrameType | None) -> None:
        self._is_told_to_stop = True
        for pid in self._pids:
            processes.send(pid, signum)
