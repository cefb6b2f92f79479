"""The worker scripts at the top of the tree: which queues each serves, as they say themselves."""

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

from app_srvc.queues import CALLS, Queue

ROOT = Path(__file__).parent.parent.parent


class Script(NamedTuple):
    """One worker script.

    A crew is several workers out of one process, which has forked them.
    """

    file: str
    queues: tuple[Queue, ...]
    is_crew: bool = False

    @property
    def kind(self) -> str:
        """What its workers are called, before their number."""
        return self.file.removesuffix("worker.py")

    @property
    def number_setting(self) -> str:
        """The variable that says how many of them `make run` starts, or how many are in a crew."""
        return f"{self.kind.upper()}_WORKERS"


@cache
def known() -> tuple[Script, ...]:
    """Return all scripts, in the order of the queues that they serve first."""
    found = [_read(path) for path in ROOT.glob("*worker.py")]
    order = list(Queue)
    return tuple(
        sorted((it for it in found if it.queues), key=lambda it: order.index(it.queues[0]))
    )


def serving(queue: str | None) -> list[Script]:
    """Return the scripts that serve a queue; all of them when none is named."""
    return [script for script in known() if queue is None or queue in script.queues]


def of_kind(kind: str) -> Script:
    """Return the script whose workers are called so."""
    return next(script for script in known() if script.kind == kind)


def _read(path: Path) -> Script:
    """Read a script without running it: it calls `run` of `worker`, or of what makes a crew."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = [
        (node.value.id, node.attr)
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    queues = tuple(Queue[name] for of, name in names if of == "Queue")
    if any(isinstance(node, ast.Name) and node.id == "CALLS" for node in nodes):
        queues += CALLS
    return Script(path.name, queues, is_crew=("worker", "run") not in names)
