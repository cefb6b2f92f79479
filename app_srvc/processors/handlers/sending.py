"""Send one request over HTTP and take its answer, or say whether it was sent.

What matters of a failure is on which side of one moment it lies: until the first byte of the
request leaves, nothing can have happened; from then on anything can. httpcore2's exceptions do not
tell (a time-out while reading may belong to a proxy, a reset while writing is reported as one
while reading), so the moment itself is watched. Each call has a connection of its own: one that
was kept may be closed by the other side just when it is used, and nobody would know.
"""

import logging
import ssl
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import httpcore2
import httpx2

from app_srvc.processors.handlers import outcomes
from app_srvc.processors.handlers.addresses import Backend, Deadline
from app_srvc.processors.handlers.failures import Permanent, WrongConfiguration
from app_srvc.words import _

log = logging.getLogger(__name__)

_PIECE = 1 << 16
_FAILURES = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError)


class Request(NamedTuple):
    """What is sent. `service` is what people call the other side: its host."""

    service: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Way(NamedTuple):
    """How it is sent. `private` says that addresses of this network may be meant."""

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    most_bytes: int = 1_000_000
    ca_file: str | None = None
    proxy: str | None = None
    private: bool = False


class Answer(NamedTuple):
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the other side says that it has done it."""
        return 200 <= self.status < 300


def send(request: Request, way: Way, seconds: float) -> Answer:
    """Send a request, and return the answer, whatever its status. Redirects are not followed.

    Raises:
        Transient: it was not sent.
        Unknown: it was, or a part of it, and there is no answer to be had.
        WrongConfiguration: it cannot be sent like this; it was not.
    """
    sent = _Sent()
    try:
        with _pool(request.url, way, Deadline(seconds)) as pool:
            return _exchange(pool, request, way, sent)
    except httpcore2.ProxyError as error:
        raise outcomes.refused_by_proxy(request.service, str(error)) from None
    except httpcore2.LocalProtocolError:
        raise Permanent(_("A header would have a sign that no header can carry.")) from None
    except _FAILURES as error:
        log.info("%s: %s, sent: %s", request.service, type(error).__name__, sent.is_sent)
        if sent.is_sent:
            raise outcomes.lost(request.service) from None
        raise outcomes.not_sent(request.service, next(iter(error.args), None)) from None


class _Sent:
    """Notes the moment in which the request itself, not one to a proxy, begins to leave."""

    def __init__(self) -> None:
        self.is_sent = False

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            self.is_sent = self.is_sent or info["request"].method != b"CONNECT"


def _exchange(pool: httpcore2.ConnectionPool, request: Request, way: Way, sent: _Sent) -> Answer:
    url = _url(request.url)
    target = httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )
    timeout = {"connect": way.connect_seconds, "read": way.read_seconds, "write": way.read_seconds}
    with pool.stream(
        request.method,
        target,
        headers=_headers(request, url),
        content=_pieces(request.body) if request.body else None,
        extensions={"timeout": timeout, "trace": sent},
    ) as response:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in response.headers
        }
        answer = Answer(response.status, headers, b"")
        try:
            if headers.get("content-encoding", "identity") != "identity":
                raise httpcore2.RemoteProtocolError("packed all the same")
            return answer._replace(body=_body(response, way.most_bytes))
        except _FAILURES:
            if answer.is_success:
                raise
            return answer  # What it says is in its status.


def _url(text: str) -> httpx2.URL:
    try:
        return httpx2.URL(text)
    except httpx2.InvalidURL:
        raise WrongConfiguration(_("That is no address that can be called.")) from None


def _headers(request: Request, url: httpx2.URL) -> list[tuple[bytes, bytes]]:
    """Return the headers, with what every request has. An answer that is packed could burst."""
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": "cherha",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **request.headers,
    }
    if request.body or request.method in {"POST", "PUT", "PATCH"}:
        headers["Content-Length"] = str(len(request.body))
    try:
        return [(name.encode("ascii"), text.encode("latin-1")) for name, text in headers.items()]
    except UnicodeEncodeError:
        raise Permanent(_("A header would have a sign that no header can carry.")) from None


def _pieces(body: bytes) -> Iterator[bytes]:
    """Yield a body bit by bit: the time is looked at before each."""
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]


def _body(response: httpcore2.Response, most_bytes: int) -> bytes:
    body = bytearray()
    for piece in response.iter_stream():
        body += piece
        if len(body) > most_bytes:
            raise httpcore2.RemoteProtocolError("more than is read")
    return bytes(body)


def _pool(url: str, way: Way, deadline: Deadline) -> httpcore2.ConnectionPool:
    # A proxy is in this network, as a rule, and looks itself at what it is asked for.
    backend = Backend(deadline, private=way.private or way.proxy is not None)
    context = _context(way.ca_file) if url.startswith("https:") else None
    if way.proxy is None:
        return httpcore2.ConnectionPool(ssl_context=context, network_backend=backend)
    return httpcore2.HTTPProxy(way.proxy, ssl_context=context, network_backend=backend)


def _context(ca_file: str | None) -> ssl.SSLContext:
    if ca_file is None:
        return _trusting(None, 0)
    try:
        return _trusting(ca_file, Path(ca_file).stat().st_mtime_ns)
    except (OSError, ssl.SSLError):
        raise WrongConfiguration(
            _("%(file)s holds no certificates that can be read.", file=ca_file)
        ) from None


@cache
def _trusting(ca_file: str | None, _changed_at: int) -> ssl.SSLContext:
    """Return what trusts a file, or the system's; to read either takes longer than many a call."""
    if ca_file is None:
        return httpx2.create_ssl_context(trust_env=False)
    return ssl.create_default_context(cafile=ca_file)
