"""Calls that are slow, wrong or deadly, and the web that knows them."""

import asyncio
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

from app_srvc.calls.declaring import call
from app_srvc.errors import PermanentError
from app_srvc.words import Sentence

ABOUT = Sentence("For a test.")


@call(about=ABOUT, volatile=True)
def nap(seconds: float, log: str = "") -> str:
    """Sleep, and write that down."""
    return _nap(seconds, log)


@call(about=ABOUT)
def long_nap(seconds: float, log: str = "") -> str:
    """Do the same, recorded."""
    return _nap(seconds, log)


@call(about=ABOUT, volatile=True)
async def doze(seconds: float) -> str:
    """Sleep as others do meanwhile."""
    await asyncio.sleep(seconds)
    return "rested"


@call(about=ABOUT, volatile=True)
def echo(number: int, text: str = "", flags: list[bool] | None = None) -> dict[str, Any]:
    """Return what was given."""
    return {"number": number, "text": text, "flags": flags}


@call(about=ABOUT, volatile=True)
def odd(kind: str) -> Any:
    """Return what JSON holds, or not."""
    loop: list[Any] = []
    loop.append(loop)
    return {
        "large": 2**70, "set": {1}, "object": object(), "huge": 10**5000, "nan": float("nan"),
        "loop": loop, "long": "x" * 10**6, "none": None,
    }[kind]  # fmt: skip


@call(about=ABOUT)
def odd_recorded(kind: str) -> Any:
    """Do the same, recorded."""
    return odd(kind)


@call(about=ABOUT, volatile=True)
def fail() -> None:
    """Go wrong inside."""
    raise ValueError("secret-detail")


@call(about=ABOUT, volatile=True)
def leave() -> None:
    """Ask Python to end."""
    raise SystemExit(7)


@call(about=ABOUT)
def refuse() -> None:
    """Say that it cannot be done."""
    raise PermanentError("The moon is full.")


@call(about=ABOUT, volatile=True)
def who() -> int:
    """Return the process that answers."""
    return os.getpid()


@call(about=ABOUT, volatile=True, timeout_seconds=1)
def hang(seconds: float = 600) -> None:
    """Take longer than it may."""
    time.sleep(seconds)


@call(about=ABOUT, timeout_seconds=1)
def hang_recorded(seconds: float = 600) -> None:
    """Do the same, recorded."""
    time.sleep(seconds)


@call(about=ABOUT, volatile=True, timeout_seconds=1)
async def hang_asleep() -> None:
    """Take longer than it may, and let itself be stopped."""
    await asyncio.sleep(600)


@call(about=ABOUT, volatile=True, timeout_seconds=1)
def seize() -> bool:
    """Hold Python's lock, so that nothing else in the process gets on."""
    return bool(re.fullmatch("(a+)+b", "a" * 60))


@call(about=ABOUT, volatile=True)
def die() -> None:
    """Take the process along."""
    os.kill(os.getpid(), signal.SIGKILL)


@call(about=ABOUT)
def die_once(log: str) -> str:
    """Take the process along, the first time."""
    path = Path(log)
    if not path.exists():
        path.write_text("died\n")
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def _nap(seconds: float, log: str) -> str:
    if log:
        with Path(log).open("a") as file:
            file.write(f"{time.time():.4f}\n")
    time.sleep(seconds)
    return "rested"


def create_app() -> Any:
    """Make the web application."""
    from app_srvc import webapp

    return webapp.create_app()
