"""How often somebody was refused, and by which limit: counted by all processes together.

To count costs an addition in memory. What has been counted is written to PostgreSQL a second
later, in one statement for all of it, so a storm of refusals costs no more than one. What cannot
be written is kept until it can; a process that is killed takes what it has counted within that
second with it.
"""

import atexit
import logging
import os
import threading
from collections import Counter
from enum import StrEnum
from typing import NamedTuple

from app_srvc import db
from app_srvc.admission import repository
from app_srvc.errors import DatabaseDown, PerhapsDone

log = logging.getLogger(__name__)

WRITE_SECONDS = 1.0
# Names come from the code and the settings. Should a caller ever pass on what clients send, it is
# counted as one.
MOST_NAMES = 500
OTHER = "other"


class Kind(StrEnum):
    """Which kind of limit it was."""

    RATE = "rate"
    QUEUE = "queue"
    CALL = "call"
    # No refusal: let in without being counted, as the server that counts was away.
    OPEN = "open"


class Limit(NamedTuple):
    """A limit, as the settings and the figures call it: `name` is a queue, a rate or a call."""

    kind: Kind
    name: str


_counted: Counter[Limit] = Counter()
_timer: threading.Timer | None = None
_lock = threading.Lock()


def count(kind: Kind, name: str) -> None:
    """Count one refusal. It takes about a microsecond, and waits for no server."""
    global _timer  # noqa: PLW0603  # One for all threads of the process.
    limit = Limit(kind, name)
    with _lock:
        if limit not in _counted and len(_counted) >= MOST_NAMES:
            limit = Limit(kind, OTHER)
        _counted[limit] += 1
        if _timer is None:
            _timer = _start()


def flush() -> None:
    """Write down what this process has counted.

    Raises:
        DatabaseDown: that cannot be done now. It is kept.
    """
    with _lock:
        counted = [(*limit, number) for limit, number in _counted.items()]
        _counted.clear()
    if not counted:
        return
    try:
        with db.transaction() as conn:
            repository.add_refusals(conn, counted)
    except PerhapsDone:
        raise  # Rather too few than twice.
    except DatabaseDown:
        with _lock:
            for kind, name, number in counted:
                _counted[Limit(kind, name)] += number
        raise


def _start() -> threading.Timer:
    timer = threading.Timer(WRITE_SECONDS, _write)
    timer.daemon = True
    timer.start()
    return timer


def _write() -> None:
    global _timer  # noqa: PLW0603
    with _lock:
        _timer = None
    try:
        flush()
    except DatabaseDown as error:
        log.warning("refusals are not written down yet: %s", error)
        with _lock:
            _timer = _timer or _start()


def _begin_anew() -> None:
    """Leave to the parent what it has counted; its timer does not run in a child."""
    global _timer, _lock
    _lock, _timer = threading.Lock(), None
    _counted.clear()


def _end() -> None:
    try:
        flush()
    except DatabaseDown as error:
        log.warning("refusals of this process are forgotten: %s", error)


atexit.register(_end)
os.register_at_fork(after_in_child=_begin_anew)
