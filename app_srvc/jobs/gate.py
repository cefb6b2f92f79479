"""Keeps a fork apart from what other threads of a worker do.

A child of a fork has only the thread that forked. A lock that another thread held just then,
in a library or in C, stays locked in the child for ever.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Any number of threads may work at once; a fork waits for them, and they for it.

    Work is to be short, a statement or two, and never nested: a fork that waits lets no new
    work begin.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._working = 0
        self._is_forking = False

    @contextmanager
    def working(self) -> Iterator[None]:
        """Do something that may take locks."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_forking)
            self._working += 1
        try:
            yield
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    @contextmanager
    def forking(self) -> Iterator[None]:
        """Fork, while nobody works. One thread of a process forks, its main one."""
        with self._changed:
            self._is_forking = True
            self._changed.wait_for(lambda: self._working == 0)
        try:
            yield
        finally:
            with self._changed:
                self._is_forking = False
                self._changed.notify_all()
