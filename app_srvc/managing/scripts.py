"""The worker scripts at the top of the tree: which queues each serves."""

from pathlib import Path
from typing import NamedTuple

from app_srvc.queues import CALLS, Queue

ROOT = Path(__file__).parent.parent.parent


class Script(NamedTuple):
    """One worker script.

    A crew is several workers out of one process, which has forked them; a setting says how many.
    """

    file: str
    queues: tuple[Queue, ...]
    crew_setting: str | None = None

    @property
    def is_crew(self) -> bool:
        """Whether it is one."""
        return self.crew_setting is not None

    @property
    def kind(self) -> str:
        """What its workers are called, before their number."""
        return self.file.removesuffix("worker.py")


SCRIPTS = (
    Script("sttworker.py", (Queue.STT, Queue.STT_SEGMENTS)),
    Script("usrregworker.py", (Queue.USRREG,)),
    Script("mailworker.py", (Queue.MAIL,)),
    Script("recordworker.py", (Queue.CYCLES, Queue.RECORDS), "RECORD_WORKERS"),
    Script("callworker.py", CALLS, "CALL_WORKERS"),
)


def serving(queue: str | None) -> list[Script]:
    """Return the scripts that serve a queue; all of them when none is named."""
    return [script for script in SCRIPTS if queue is None or queue in script.queues]


def of_kind(kind: str) -> Script:
    """Return the script whose workers are called so."""
    return next(script for script in SCRIPTS if script.kind == kind)
