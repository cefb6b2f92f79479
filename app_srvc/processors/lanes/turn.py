"""For how long a lane may go on before it makes room for others."""

import time
from collections.abc import Callable

from app_srvc import engines
from app_srvc.errors import EngineDown
from app_srvc.queues import Queue

# After so long it makes room for whoever waits, and after the second in any case.
FAIR_SECONDS = 5.0
LONGEST_SECONDS = 600.0


class Turn:
    """One lane's turn, from when it is taken."""

    def __init__(self, is_told_to_stop: Callable[[], bool]) -> None:
        self.is_used_up = False  # It was for one record only.
        self._is_told_to_stop = is_told_to_stop
        self._since = self._fair_since = time.monotonic()

    def is_over(self) -> bool:
        """Say whether the lane is to be left: a stop, or the turn of somebody who waits."""
        now = time.monotonic()
        if self.is_used_up or self._is_told_to_stop() or now - self._since > LONGEST_SECONDS:
            return True
        if now - self._fair_since < FAIR_SECONDS:
            return False
        self._fair_since = now
        try:
            return engines.of(Queue.RECORDS).depth(Queue.RECORDS) > 0
        except EngineDown:
            return False
