"""Connect to addresses that were looked at first, within a time that ends.

A name is resolved once, each of its addresses is looked at, and the connection goes to what was
looked at: whoever answers for the name cannot answer otherwise the second time.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, wait
from typing import Any

import httpcore2

from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.words import _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IPv6 addresses that stand for one of IPv4 beyond a translator (RFC 6052).
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
# The same without a translator, long out of use; the first two are no such addresses.
_COMPATIBLE = ipaddress.ip_network("::/96")
_FIRST_COMPATIBLE = 2
# Nobody can say here what stands behind a translator of one's own (RFC 8215); addresses of a site
# are out of use; at the others clouds tell secrets of the machine. No option lets them be called.
_NEVER = [
    ipaddress.ip_network(text)
    for text in (
        "64:ff9b:1::/48", "fec0::/10", "169.254.0.0/16", "fe80::/10", "100.100.100.200/32",
        "fd00:ec2::254/128",
    )
]  # fmt: skip


class Deadline:
    """When all that belongs to a call has to be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, seconds: float | None, late: type[Exception]) -> float:
        """Return how long one part may take; raise `late` when nothing is left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise late("the time is over")
        return left if seconds is None else min(left, seconds)


class Backend(httpcore2.NetworkBackend):
    """Connects; `private` says that addresses of this network may be meant."""

    def __init__(self, deadline: Deadline, *, private: bool) -> None:
        self._deadline = deadline
        self._private = private
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address that answers; they share the time.

        Raises:
            WrongConfiguration: one of them is not to be called.
        """
        late = httpcore2.ConnectTimeout
        share = Deadline(self._deadline.left(timeout, late))
        found = resolve(host, share.left(None, late))
        if not all(_may_be_called(ipaddress.ip_address(one), self._private) for one in found):
            raise WrongConfiguration(
                _("%(host)s has an address that is not to be called from here.", host=host)
            )
        failed: Exception = late("no address")
        for number, address in enumerate(found):
            try:
                stream = self._backend.connect_tcp(
                    address,
                    port,
                    share.left(None, late) / (len(found) - number),
                    local_address,
                    socket_options,
                )
                return _Stream(stream, self._deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed


class _Stream(httpcore2.NetworkStream):
    """A stream of which no part takes longer than all may take."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout, httpcore2.WriteTimeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def resolve(host: str, seconds: float) -> list[str]:
    """Return the addresses of a host, without doubles.

    The system's resolver knows no deadline; a thread that is given up ends when it does.

    Raises:
        httpcore2.ConnectError: it has none.
        httpcore2.ConnectTimeout: nobody knew it in time.
    """
    future: Future[list[str]] = Future()

    def run() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            future.set_result(list(dict.fromkeys(str(one[4][0]) for one in found)))
        except (OSError, UnicodeError) as error:
            future.set_exception(httpcore2.ConnectError(type(error).__name__))

    threading.Thread(target=run, name="resolver", daemon=True).start()
    wait([future], seconds)
    if not future.done():
        raise httpcore2.ConnectTimeout("the name was not resolved in time")
    return future.result()


def _may_be_called(address: Address, private: bool) -> bool:
    """Say whether an address may be called.

    Some never may, whatever the configuration says.
    """
    address = _meant(address)
    if address.is_multicast or address.is_unspecified:
        return False
    if any(address in network for network in _NEVER):
        return False
    return private or address.is_global


def _meant(address: Address) -> Address:
    """Return the IPv4 address that one of IPv6 stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED or (address in _COMPATIBLE and int(address) >= _FIRST_COMPATIBLE):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
