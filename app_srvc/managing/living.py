"""Which workers live, on all machines, and what each does."""

import socket
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import psutil

from app_srvc import db, engines
from app_srvc.errors import CannotStart, EngineDown
from app_srvc.managing import home, repository, scripts
from app_srvc.managing.repository import Registered


class Doing(StrEnum):
    """What a worker does just now."""

    IDLE = "idle"
    BUSY = "busy"
    SUSPENDED = "suspended"
    STOPPING = "stopping"


class Worker(NamedTuple):
    """A worker that lives. `memory` is in bytes, with that of its job; known here alone."""

    name: str
    host: str
    pid: int
    queues: list[str]
    doing: Doing
    job_id: str | None
    task: str | None
    since: datetime
    seen_at: datetime
    memory: int | None
    is_supervised_here: bool

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine."""
        return self.host == socket.gethostname()


def workers(queue: str | None) -> list[Worker]:
    """Return the workers of a queue, or all.

    Raises:
        DatabaseDown: nobody else knows them.
        CannotStart: the database is still empty.
    """
    with db.transaction() as conn:
        if not repository.has_register(conn):
            raise CannotStart("The database is empty; run `python -m app_srvc.migrate` first.")
        registered = [one for one in repository.living(conn, queue) if not _has_died(one)]
    stopping, suspended = _heard(registered)
    prefixes = tuple(prefix(held.name) for held in home.held(scripts.serving(queue)))
    return [
        Worker(
            one.name,
            one.host,
            one.pid,
            one.queues,
            _doing(one, is_stopping=one.name in stopping, is_suspended=one.name in suspended),
            one.job_id,
            one.task,
            one.taken_at or one.started_at,
            one.seen_at,
            _memory(one.pid) if one.name.startswith(prefixes) else None,
            one.name.startswith(prefixes),
        )
        for one in registered
    ]


def prefix(name: str) -> str:
    """Return how workers are called whose process has a name on this machine."""
    return f"{socket.gethostname()}-{name}-"


def _heard(registered: list[Registered]) -> tuple[set[str], set[str]]:
    """Return who has been told to stop, and who is held back, as far as their engines answer."""
    stopping: set[str] = set()
    suspended: set[str] = set()
    for engine in engines.every():
        names = [one.name for one in registered if engines.of(one.queues[0]) is engine]
        with suppress(EngineDown):
            stopping.update(engine.stopping(names))
            suspended.update(names if engine.is_suspended() else ())
    return stopping, suspended


def _doing(one: Registered, *, is_stopping: bool, is_suspended: bool) -> Doing:
    if is_stopping:
        return Doing.STOPPING
    if one.job_id is not None:
        return Doing.BUSY
    return Doing.SUSPENDED if is_suspended else Doing.IDLE


def _has_died(one: Registered) -> bool:
    """Say whether it is known to be dead, though it was heard of lately: one of this machine."""
    if one.host != socket.gethostname():
        return False
    try:
        return psutil.Process(one.pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _memory(pid: int) -> int | None:
    """Return what a worker and its job hold; what they share is counted twice."""
    total = 0
    try:
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += one.memory_info().rss
    except psutil.Error:
        return None
    return total or None
