"""How all processors stand, read once a second however many people look."""

import threading
import time

from app_srvc import db
from app_srvc.processors import presenting
from app_srvc.processors.repository import reading
from app_srvc.processors.repository.reading import Standing

FRESH_SECONDS = 0.9


class Seen:
    """What was seen last. Whoever asks while somebody looks waits for that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._standings: list[Standing] = []
        self._is_unserved = False

    def look(self) -> tuple[list[Standing], bool]:
        """Return how all stand, and whether no worker serves them."""
        with self._lock:
            if time.monotonic() - self._at > FRESH_SECONDS:
                with db.transaction() as conn:
                    self._standings = reading.standings(conn)
                    self._is_unserved = presenting.is_unserved(conn)
                self._at = time.monotonic()
            return self._standings, self._is_unserved


seen = Seen()
