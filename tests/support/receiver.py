"""A service that does to requests what services do, by plan, and remembers the keys it was sent."""

import re
import socket
import struct
import threading
import time
from collections import Counter

from tests.support.misbehaving import Server, written

# A record whose number ends with these is refused for good.
REFUSED = "99"
_REFUSALS = {0: written(503), 2: written(500, b"no"), 6: written(429, Retry_After="1")}


class Receiver(Server):
    """Takes each key once, as an idempotent service does.

    The first request of a record is treated as its number says; those that follow are answered.
    """

    def __init__(self, hang_seconds: float) -> None:
        self.effects: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.overlaps = 0
        self._in_work: Counter[str] = Counter()
        self._hang_seconds = hang_seconds
        self._guard = threading.Lock()
        super().__init__(lambda _server, conn: self.take(conn))

    def take(self, conn: socket.socket) -> None:
        """Take a request, and answer it or not."""
        request = self.read(conn)
        self.received.clear()
        key = request.headers["idempotency-key"].strip('"')
        found = re.search(r"/(\d+)", request.line)
        assert found is not None
        number = found.group(1)
        with self._guard:
            is_first = self.calls[key] == 0
            self.calls[key] += 1
            self._in_work[key] += 1
            self.overlaps += self._in_work[key] > 1
        try:
            self._answer(conn, key, number, is_first=is_first)
        finally:
            with self._guard:
                self._in_work[key] -= 1

    def _answer(self, conn: socket.socket, key: str, number: str, *, is_first: bool) -> None:
        kind = int(number) % 20 if is_first else -1
        refusal = written(422) if number.endswith(REFUSED) else _REFUSALS.get(kind)
        if refusal is not None:
            conn.sendall(refusal)
            return
        if kind == 1:
            _reset(conn)
            return
        with self._guard:
            self.effects[key] = 1
        if kind == 3:
            self.closing.wait(self._hang_seconds)
        elif kind == 4:
            _reset(conn)
        elif kind == 5:
            conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut")
        else:
            time.sleep(0.5 if kind == 7 else 0.0)
            conn.sendall(written(200, b"ok"))


def _reset(conn: socket.socket) -> None:
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()
