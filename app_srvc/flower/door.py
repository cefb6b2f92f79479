"""The way to Flower, which only the web has."""

import base64
import http.client
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from app_srvc import settings
from app_srvc.accounts import secret
from app_srvc.errors import AppError, NotFound
from app_srvc.words import _

PREFIX = "/flower"
USER = "cherha"
# Flower asks all workers some things, and waits a second for each, before it shows one.
PATIENCE_SECONDS = 15.0
# What of an answer goes on to the browser. No cookie does: nobody logs in there.
_PASSED_ON = ("Content-Type", "Etag", "Last-Modified", "Location", "Cache-Control")


class FlowerDown(AppError):
    """Flower does not answer."""

    status = 503
    title = _("Not available just now")
    says = _("Flower does not answer. Please try again in a minute.")


class Answer(NamedTuple):
    """What Flower says."""

    status: int
    headers: dict[str, str]
    body: bytes


class _OnSocket(http.client.HTTPConnection):
    """A connection to a socket on this machine."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def password() -> str:
    """Return what opens Flower."""
    return secret.keyed("flower", "door")


def get(path: str, query: str, seen: str | None) -> Answer:
    """Ask Flower for a page of its own; `seen` is the ETag of what the browser has.

    Raises:
        FlowerDown: it does not answer.
        NotFound: there is none.
    """
    connection = _connection()
    token = base64.b64encode(f"{USER}:{password()}".encode()).decode()
    headers = {"Authorization": f"Basic {token}"} | ({"If-None-Match": seen} if seen else {})
    try:
        connection.request("GET", f"{path}?{query}" if query else path, headers=headers)
        answer = connection.getresponse()
        passed = {name: value for name in _PASSED_ON if (value := answer.headers[name])}
        return Answer(answer.status, passed, answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise FlowerDown from error
    finally:
        connection.close()


def _connection() -> http.client.HTTPConnection:
    url = settings.load().flower_url
    if url is None:
        raise NotFound(_("There is nothing at this address."))
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return _OnSocket(parts.path, PATIENCE_SECONDS)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS)
