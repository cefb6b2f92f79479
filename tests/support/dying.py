"""A record worker that dies, or freezes, at one point of its work, once.

    python -m tests.support.dying POINT FLAG

POINT is one of `POINTS`. The file FLAG says that it has happened: from then on the worker, or
those that take its place, work as any other.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app_srvc import worker
from app_srvc.jobs import wakeups
from app_srvc.processors.handlers import sending
from app_srvc.processors.lanes import lane, reader, waking
from app_srvc.processors.repository import cycles, failing, taking
from app_srvc.queues import Queue

flag = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(os.devnull)


def die() -> None:
    """End this process, the first time."""
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def die_with_worker() -> None:
    """End the worker's process, the first time; this one goes with it."""
    if not flag.exists():
        flag.touch()
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()


def freeze() -> None:
    """Stop until somebody says that it goes on, the first time."""
    if not flag.exists():
        flag.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)


def before(module: Any, name: str, act: Callable[[], None]) -> None:
    """Act before each call of a function."""
    function = getattr(module, name)

    def acting(*args: Any, **options: Any) -> Any:
        act()
        return function(*args, **options)

    setattr(module, name, acting)


def after(module: Any, name: str, act: Callable[[], None]) -> None:
    """Act after each call of a function that has returned something."""
    function = getattr(module, name)

    def acting(*args: Any, **options: Any) -> Any:
        result = function(*args, **options)
        if result:
            act()
        return result

    setattr(module, name, acting)


POINTS: dict[str, Callable[[], None]] = {
    "reader before commit": lambda: after(cycles, "begin", die),
    "reader before it wakes": lambda: before(waking, "wake_lanes", die),
    "waker half-way": lambda: before(wakeups, "find", die),
    "before the take is committed": lambda: after(taking, "take", die),
    "after the take": lambda: before(lane._Work, "_handle", die),
    "after the effect": lambda: after(sending, "send", die),
    "after the effect, with the worker": lambda: after(sending, "send", die_with_worker),
    "before the end is committed": lambda: before(taking, "complete_and_take", die),
    "after the end": lambda: after(taking, "complete_and_take", die),
    "before a failure is committed": lambda: after(failing, "fail", die),
    "after a failure": lambda: after(lane._Work, "_report", die),
    "frozen before the call": lambda: before(sending, "send", freeze),
    "frozen in the call": lambda: after(sending, "send", freeze),
    "frozen before it reports": lambda: before(taking, "complete_and_take", freeze),
}


if __name__ == "__main__":
    assert reader
    POINTS[sys.argv[1]]()
    worker.run(Queue.CYCLES, Queue.RECORDS)
