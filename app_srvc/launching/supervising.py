"""Child processes of whoever watches them: started, watched, started again, stopped."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any

from app_srvc.processes import dying_with_me

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# A process that has lived for so long had a reason of its own to die.
STEADY_SECONDS = 10.0
COLOURS = (36, 33, 32, 35, 34, 31)

_printing = threading.Lock()


def say(name: str, line: str) -> None:
    """Print a line of a process with its name before it."""
    colour = COLOURS[sum(name.encode()) % len(COLOURS)]
    prefix = f"{name:<12}|"
    if sys.stdout.isatty():
        prefix = f"\033[{colour}m{prefix}\033[0m"
    with _printing:
        sys.stdout.write(f"{prefix} {line.rstrip()}\n")
        sys.stdout.flush()


class Child:
    """One process. It dies with the launcher, whatever kills that.

    It leads a session of its own, so that Ctrl-C in the terminal reaches the launcher alone, and
    the launcher decides what stops when.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        orphan_signal: signal.Signals = signal.SIGTERM,
        may_end: bool = False,
        tell: Callable[[str, str], None] = say,
        **options: Any,
    ) -> None:
        """Take note of what is to be started.

        One that `may_end` is not started again once it has ended with 0: a worker was told to,
        perhaps from another machine. `tell` gets each line that it prints, with its name.
        """
        self.name = name
        self.command = command
        self.stop_signal = stop_signal
        self.orphan_signal = orphan_signal
        self.may_end = may_end
        self.tell = tell
        self.options = options
        self.process: subprocess.Popen[str] | None = None
        self._started_at = 0.0
        self._pause = FIRST_PAUSE_SECONDS
        self._start_again_at = 0.0

    def start(self) -> None:
        """Start it, in the launcher's main thread: the child's life is bound to that thread."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=dying_with_me(self.orphan_signal),  # noqa: PLW1509  # A bare system call.
            **self.options,
        )
        self._started_at = time.monotonic()
        self._start_again_at = 0.0
        threading.Thread(target=self._print, args=(self.process.stdout,), daemon=True).start()

    @property
    def is_running(self) -> bool:
        """Whether it is alive."""
        return self.process is not None and self.process.poll() is None

    @property
    def has_ended(self) -> bool:
        """Whether it has ended as it may, for good."""
        return self.may_end and self.process is not None and self.process.poll() == 0

    def wait_until(self, is_ready: Callable[[], bool], seconds: float) -> bool:
        """Wait until it can be used; False when it died or took too long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.is_running:
            if is_ready():
                return True
            time.sleep(0.02)
        return False

    def start_again_if_dead(self) -> None:
        """Start it again after a pause that doubles while it keeps dying."""
        if self.process is None or self.is_running or self.has_ended:
            return
        now = time.monotonic()
        if not self._start_again_at:
            if now - self._started_at > STEADY_SECONDS:
                self._pause = FIRST_PAUSE_SECONDS
            code = self.process.returncode
            self.tell(self.name, f"ended with {code}, again in {self._pause:g} s")
            self._start_again_at = now + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        elif now >= self._start_again_at:
            self.start()

    def signal(self, signum: signal.Signals | None = None) -> None:
        """Send a signal, by default the one that asks it to stop."""
        if self.process is not None and self.is_running:
            self.process.send_signal(signum or self.stop_signal)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end; False when it has not ended in time."""
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _print(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self.tell(self.name, line)
