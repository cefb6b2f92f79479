"""A web and workers that answer calls, and programs that ask for them."""

import http.client
import json
import socket
import subprocess
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import urlencode

import redis

from app_srvc import settings
from tests.support.web import Answer, Web, send
from tests.support.workers import Workers, wait_for

# What takes seconds in earnest takes few in a test.
QUICK = {
    "CALL_LEASE_SECONDS": "3", "LEASE_SECONDS": "3", "CALL_TAKE_SECONDS": "3",
    "CALL_WAIT_SECONDS": "5",
}  # fmt: skip


class Told(NamedTuple):
    """An answer, read."""

    status: int
    body: Any
    headers: dict[str, str]


class Calling:
    """One web, and what workers a test starts."""

    def __init__(self, **env: str) -> None:
        self.env = QUICK | env
        self.web = Web("-m", "gunicorn", "tests.support.calls:create_app()", **self.env)
        self.workers = Workers()
        self.pool = ThreadPoolExecutor(64)
        self.sockets: list[socket.socket] = []
        self.redis = redis.Redis.from_url(settings.load().queue_url)

    def start_workers(self, *options: str, **env: str) -> subprocess.Popen[bytes]:
        """Start a crew, and wait until it is there."""
        crew = self.workers.start("-m", "tests.support.call_worker", *options, **(self.env | env))
        wait_for(lambda: any(self.redis.smembers("rq:workers")))
        return crew

    def get(self, path: str, *, cookie: str = "", **parameters: Any) -> Told:
        """Ask with parameters in the address."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        headers = {"Accept": "application/json"} | ({"Cookie": cookie} if cookie else {})
        asked = urllib.request.Request(f"{self.web.url}{path}{query}", None, headers)
        return read(send(asked, 60))

    def timed(self, path: str) -> Answer:
        """Ask, and see how long it takes."""
        headers = {"Accept": "application/json"}
        return send(urllib.request.Request(f"{self.web.url}{path}", None, headers), 60)

    def visitor(self) -> str:
        """Return the cookie of somebody who has looked at a page."""
        asked = urllib.request.Request(f"{self.web.url}/call/", headers={"Accept": "text/html"})
        return send(asked, 60).headers["Set-Cookie"].split(";")[0]

    def post(self, path: str, body: bytes, kind: str = "application/json", **headers: str) -> Told:
        """Ask with a body."""
        sent = {"Accept": "application/json", "Content-Type": kind} | headers
        return read(send(urllib.request.Request(f"{self.web.url}{path}", body, sent), 60))

    def call(self, name: str, /, **parameters: Any) -> Told:
        """Call a function."""
        return self.get(f"/call/{name}", **parameters)

    def begin(self, name: str, /, **parameters: Any) -> "Future[Told]":
        """Call a function, and go on meanwhile."""
        return self.pool.submit(self.call, name, **parameters)

    def hang_up(self, name: str, /, **parameters: Any) -> socket.socket:
        """Call a function and return the connection, for the test to close it before its end."""
        client = socket.create_connection(("127.0.0.1", self.web.port))
        self.sockets.append(client)
        path = f"/call/{name}?{urlencode(parameters)}"
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return client

    def places(self, name: str) -> int:
        """Return how many places of a call are held. What has run out stays until the next call."""
        return int(self.redis.zcount(f"cherha:places:calls.{name}", self._now() * 1000, "+inf"))

    def running(self, level: int = 5) -> int:
        """Return how many calls run. What was lost stays until somebody cleans up."""
        return int(self.redis.zcount(f"rq:wip:calls-{level}", self._now(), "+inf"))

    def waiting(self, level: int = 5) -> int:
        """Return how many calls wait."""
        return int(self.redis.llen(f"rq:queue:calls-{level}"))

    def _now(self) -> float:
        seconds, microseconds = self.redis.time()
        return float(seconds + microseconds / 1e6)

    def stop(self) -> None:
        """End all of it."""
        self.workers.stop()
        self.web.stop()
        self.pool.shutdown()
        for client in self.sockets:
            client.close()
        self.redis.close()


def read(answer: Answer) -> Told:
    """Return what an answer says."""
    return Told(answer.status, json.loads(answer.body), answer.headers)


def status_line(client: socket.socket) -> int:
    """Return the status that comes over a connection."""
    response = http.client.HTTPResponse(client)
    response.begin()
    return response.status
