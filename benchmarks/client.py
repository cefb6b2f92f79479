"""A client over connections that are kept, of so little weight that it is not what is measured."""

import select
import socket
import time
from typing import NamedTuple


class Run(NamedTuple):
    """What came of a run: each answer's status and seconds, and how long all of it took."""

    statuses: list[int]
    seconds: list[float]
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


class Connection:
    """One connection; it asks again as soon as it is answered."""

    def __init__(self, port: int, path: str) -> None:
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.asked_at = 0.0

    def ask(self) -> None:
        """Send the request."""
        self.asked_at = time.perf_counter()
        self.socket.sendall(self.request)

    def read(self) -> int | None:
        """Return the status once the answer is complete.

        Raises:
            ConnectionError: the server is gone.
        """
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


def run(port: int, path: str, connections: int, seconds: float) -> Run:
    """Ask over so many connections at once, each without a pause, for so long."""
    poller = select.epoll()
    known = {}
    for _ in range(connections):
        connection = Connection(port, path)
        known[connection.socket.fileno()] = connection
        poller.register(connection.socket, select.EPOLLIN)
    statuses: list[int] = []
    taken: list[float] = []
    began = time.perf_counter()
    for connection in known.values():
        connection.ask()
    under_way = len(known)
    while under_way:
        for number, _ in poller.poll():
            connection = known[number]
            status = connection.read()
            if status is None:
                continue
            now = time.perf_counter()
            statuses.append(status)
            taken.append(now - connection.asked_at)
            if now - began < seconds:
                connection.ask()
            else:
                under_way -= 1
    took = time.perf_counter() - began
    for connection in known.values():
        connection.socket.close()
    return Run(statuses, taken, took)
