"""Connections that stay, each to another process of the same web."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.support.web import Web
from tests.support.workers import wait_for


class Line:
    """A connection that stays, so the same process answers all that comes over it."""

    def __init__(self, web: Web) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
        self.ask("GET", "/healthz")
        port = self._http.sock.getsockname()[1]
        self.pid = next(
            child.pid
            for child in psutil.Process(web.process.pid).children()
            for connection in child.net_connections()
            if connection.raddr and connection.raddr.port == port
        )

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Send a request without a body, and return status, headers and body of the answer."""
        self._http.request(method, path, headers=headers or {})
        answer = self._http.getresponse()
        return answer.status, dict(answer.headers), answer.read().decode()


@contextmanager
def to_each(web: Web, processes: int) -> Iterator[list[Line]]:
    """Connect to each process of a web."""
    found: dict[int, Line] = {}

    def are_all() -> bool:
        line = Line(web)
        if found.setdefault(line.pid, line) is not line:
            line.close()
        return len(found) == processes

    wait_for(lambda: len(psutil.Process(web.process.pid).children()) >= processes)
    try:
        wait_for(are_all)
        yield list(found.values())
    finally:
        for line in found.values():
            line.close()
