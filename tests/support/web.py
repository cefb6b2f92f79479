"""A web process for a test, and what programs do with it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from typing import Any, NamedTuple

import psutil

from tests.support.workers import ROOT, wait_for


class Answer(NamedTuple):
    """An HTTP answer, and how long it took in seconds."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


class Web:
    """gunicorn, as in production, on a port of its own."""

    def __init__(self, *arguments: str, **env: str) -> None:
        """Start it; `arguments` for Python take the place of gunicorn as it is."""
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = sock.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.command = [sys.executable, "-W", "ignore", *(arguments or ("-m", "gunicorn"))]
        # All comes from one address; who tests limits sets them.
        self.env = {"RATE_LIMITS": "*=off"} | os.environ | {"PORT": str(self.port)} | env
        self.start()

    def start(self) -> None:
        """Start it, also once more, and wait until it answers."""
        self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.env)
        try:
            wait_for(self.is_alive)
        except BaseException:
            self.kill()
            raise

    def is_alive(self) -> bool:
        """Say whether it answers."""
        try:
            return get(f"{self.url}/healthz").status == 200
        except OSError:
            return False

    def kill(self) -> None:
        """End it and its children without a warning."""
        master = psutil.Process(self.process.pid)
        for process in (*master.children(), master):
            process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)


def get(url: str, accept: str = "application/json", timeout: float = 30) -> Answer:
    """Send a GET request."""
    return send(urllib.request.Request(url, headers={"Accept": accept}), timeout)


def post(url: str, *, method: str = "POST", timeout: float = 30) -> Answer:
    """Send a request without a body."""
    headers = {"Accept": "application/json"}
    return send(urllib.request.Request(url, b"", headers, method=method), timeout)


def post_files(url: str, files: list[tuple[str, bytes]], timeout: float = 60) -> Answer:
    """Send files as a form does."""
    body, content_type = form(files)
    headers = {
        "Content-Type": content_type,
        "Accept": "application/json",
    }
    return send(urllib.request.Request(url, body, headers), timeout)


def form(files: list[tuple[str, bytes]], **fields: str) -> tuple[bytes, str]:
    """Return a form with these fields and files as a body, and its content type."""
    boundary = uuid.uuid4().hex
    body = b""
    for field, value in fields.items():
        body += _part(boundary, f'name="{field}"', value.encode())
    for name, data in files:
        body += _part(boundary, f'name="file"; filename="{name}"', data)
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, what: str, data: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {what}\r\n\r\n"
    return head.encode() + data + b"\r\n"


def send(request: urllib.request.Request, timeout: float) -> Answer:
    """Send a request, and return the answer whatever its status."""
    began = time.monotonic()
    try:
        response: Any = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        body = response.read()
        return Answer(response.status, dict(response.headers), body, time.monotonic() - began)
