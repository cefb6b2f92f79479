"""Ends this process when a handler takes too long, even in C code that holds the interpreter.

A signal or a thread of Python's would come when that code returns. To set this clock costs as much
as a short handler, and waits for a thread to end: so it is left running from one record to the
next where it fires late enough for both.
"""

import faulthandler
import sys
import time

# So much later than it should it may fire, at most; and this share of the time there is.
_MOST_LATE_SECONDS = 0.5
_LATE_SHARE = 0.1
# A clock that has so long to go leaves time to report what came of a record.
_ENOUGH_SECONDS = 30.0

_fires_at: float | None = None


def watch(deadline: float) -> None:
    """End this process soon after `deadline`, of the monotonic clock; the stack goes to the log."""
    global _fires_at  # noqa: PLW0603  # There is one clock in a process.
    seconds = max(0.0, deadline - time.monotonic())
    late = min(_MOST_LATE_SECONDS, seconds * _LATE_SHARE)
    if _fires_at is not None and deadline <= _fires_at <= deadline + late:
        return
    faulthandler.dump_traceback_later(max(seconds + late, 0.05), exit=True, file=sys.stderr)
    _fires_at = deadline + late


def rest() -> None:
    """Let the process live, unless the next record comes soon, to be watched by the same clock."""
    if _fires_at is not None and _fires_at - time.monotonic() < _ENOUGH_SECONDS:
        stop()


def stop() -> None:
    """Let the process live."""
    global _fires_at  # noqa: PLW0603
    faulthandler.cancel_dump_traceback_later()
    _fires_at = None
