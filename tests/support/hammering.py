"""A client over connections that are kept, of so little weight that it is not what is measured."""

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

# While nobody listens there.
PAUSE_SECONDS = 0.05


class Run(NamedTuple):
    """What came of a run: each answer's status and seconds, and how long all of it took.

    `resets` counts connections that broke off, with the request that was under way.
    """

    statuses: list[int]
    seconds: list[float]
    resets: int
    took: float

    @property
    def a_second(self) -> float:
        """How many were answered in a second."""
        return len(self.seconds) / self.took

    def percentile(self, share: float) -> float:
        """Return the milliseconds within which that share was answered."""
        return (
            sorted(self.seconds)[min(int(share * len(self.seconds)), len(self.seconds) - 1)] * 1e3
        )


class _Connection:
    def __init__(self, port: int, path: str) -> None:
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self.socket = _connect(port)
        self.buffer = b""
        self.asked_at = 0.0

    def ask(self) -> None:
        self.asked_at = time.perf_counter()
        self.socket.sendall(self.request)

    def read(self) -> int | None:
        """Return the status once the answer is complete."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionResetError
        self.buffer += piece
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        at = head.lower().index(b"content-length:") + 15
        if len(body) < int(head[at:].split(b"\r\n", 1)[0]):
            return None
        self.buffer = b""
        return int(head[9:12])


class Hammer:
    """Asks over so many connections at once, each as soon as it is answered."""

    def __init__(self, port: int, path: str, connections: int) -> None:
        self.port, self.path = port, path
        self.statuses: list[int] = []
        self.seconds: list[float] = []
        self.resets = 0
        self._poller = select.epoll()
        self._connections: dict[int, _Connection] = {}
        for _ in range(connections):
            self._open()

    def run(self, goes_on: Callable[[], bool]) -> Run:
        """Ask for as long as it goes on, and wait for the last answers."""
        began = time.perf_counter()
        for connection in list(self._connections.values()):
            self._ask(connection, goes_on)
        while self._connections:
            for number, _ in self._poller.poll():
                connection = self._connections[number]
                try:
                    status = connection.read()
                except OSError:
                    self._replace(connection, goes_on)
                    continue
                if status is not None:
                    self.seconds.append(time.perf_counter() - connection.asked_at)
                    self.statuses.append(status)
                    self._ask(connection, goes_on)
        self._poller.close()
        return Run(self.statuses, self.seconds, self.resets, time.perf_counter() - began)

    def _ask(self, connection: _Connection, goes_on: Callable[[], bool]) -> None:
        if not goes_on() and self.statuses:
            self._close(connection)
            return
        try:
            connection.ask()
        except OSError:
            self._replace(connection, goes_on)

    def _replace(self, connection: _Connection, goes_on: Callable[[], bool]) -> None:
        self.resets += 1
        self._close(connection)
        if goes_on():
            self._ask(self._open(), goes_on)

    def _open(self) -> _Connection:
        connection = _Connection(self.port, self.path)
        self._connections[connection.socket.fileno()] = connection
        self._poller.register(connection.socket, select.EPOLLIN)
        return connection

    def _close(self, connection: _Connection) -> None:
        del self._connections[connection.socket.fileno()]
        self._poller.unregister(connection.socket)
        connection.socket.close()


def run_for(port: int, path: str, connections: int, seconds: float) -> Run:
    """Ask for so long, at least once on each connection."""
    until = time.perf_counter() + seconds
    return Hammer(port, path, connections).run(lambda: time.perf_counter() < until)


def _connect(port: int) -> socket.socket:
    while True:
        with suppress(ConnectionError):
            made = socket.create_connection(("127.0.0.1", port), timeout=120)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return made
        time.sleep(PAUSE_SECONDS)
