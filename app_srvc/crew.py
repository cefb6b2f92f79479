"""Several workers out of one process: forked from it, they share in memory what was imported.

The process itself does nothing but watch: it begins a new one for each that dies, passes on what
it is told, and takes them along however it ends.
"""

import logging
import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Callable
from types import FrameType

from app_srvc import engines, logs, processes, settings, storage, worker
from app_srvc.jobs import registry
from app_srvc.queues import Queue

log = logging.getLogger(__name__)

WATCH_SECONDS = 0.1
# One that dies at once, again and again, is begun anew this often.
PAUSE_SECONDS = 1.0
# With this one ends that asks to be replaced, which is done at once.
REPLACE_ME = 3
_TOLD_BY = (signal.SIGTERM, signal.SIGINT)


class Pulse:
    """When a worker was last seen to be at work, by itself; shared with the process that watches.

    Both read the same clock, which stands still while the machine sleeps.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)
        self.beat()

    def beat(self) -> None:
        """Note that it is at work now."""
        struct.pack_into("d", self._memory, 0, time.monotonic())

    def silence(self) -> float:
        """Return for how many seconds it has not been seen."""
        (at,) = struct.unpack_from("d", self._memory, 0)
        return float(time.monotonic() - at)


def run(count: Callable[[settings.Settings], int], *queues: Queue) -> None:
    """Let as many workers as a setting says serve the queues, each as `worker.run` does."""
    known = prepare(*queues)
    watch(count(known), lambda _: worker.run(*queues))


def prepare(*queues: Queue) -> settings.Settings:
    """Load what the workers share, and return the settings; what is wrong ends the process."""
    try:
        logs.configure()
        known = settings.load()
        engines.serving(queues)
        storage.check_settings()
        registry.load()
        registry.preload(queues)
    except settings.WrongSetting as error:
        sys.exit(str(error))
    return known


def watch(count: int, work: Callable[[Pulse], None], most_silence: float | None = None) -> None:
    """Let so many workers do it. With `most_silence` each shows itself by its pulse, and one that
    is silent for more seconds is killed, and so replaced."""
    _Crew(count, work, most_silence).watch()


class _Crew:
    def __init__(
        self, count: int, work: Callable[[Pulse], None], most_silence: float | None
    ) -> None:
        self._do = work
        self._most_silence = most_silence
        self._is_told_to_stop = False
        self._pulses: dict[int, Pulse] = {}
        for signum in _TOLD_BY:
            signal.signal(signum, self._pass_on)
        for _number in range(count):
            self._begin()

    def watch(self) -> None:
        """Wait for the end of all, and begin anew those that were not told to.

        One that was told by itself, through the engine, ends with 0.
        """
        while self._pulses:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid:
                self._bury(pid, os.waitstatus_to_exitcode(status))
            else:
                self._kill_silent()
                time.sleep(WATCH_SECONDS)

    def _bury(self, pid: int, code: int) -> None:
        self._pulses.pop(pid, None)
        if code == 0 or self._is_told_to_stop:
            return
        log.warning("worker %d ended with %d", pid, code)
        if code != REPLACE_ME:
            time.sleep(PAUSE_SECONDS)
        self._begin()

    def _kill_silent(self) -> None:
        if self._most_silence is None:
            return
        for pid, pulse in self._pulses.items():
            if pulse.silence() > self._most_silence:
                log.error("worker %d hangs, and is killed", pid)
                pulse.beat()  # It is waited for, and not killed over and over.
                processes.send(pid, signal.SIGKILL)

    def _begin(self) -> None:
        # A signal that comes between the fork and the note of its number would reach nobody.
        signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD_BY)
        if not self._is_told_to_stop:
            parent, pulse = os.getpid(), Pulse()
            pid = os.fork()
            if pid == 0:
                self._work(parent, pulse)
            self._pulses[pid] = pulse
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD_BY)

    def _work(self, parent: int, pulse: Pulse) -> None:
        """Be a worker, and nothing after that."""
        for signum in _TOLD_BY:
            signal.signal(signum, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD_BY)
        processes.die_with_parent(parent=parent)
        code = 1
        try:
            self._do(pulse)
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
        for pid in list(self._pulses):
            processes.send(pid, signum)
