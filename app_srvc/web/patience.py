"""How long a client may take to send what it has begun, and how many may stay for long.

A thread serves each request. Clients that send a byte a minute, or requests that last, could
hold all of them; so whoever dawdles is cut off, and some threads are kept from what lasts.
"""

import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import AnyStr

from app_srvc import settings
from app_srvc.errors import TooBusy

# These threads of a web process stay free for requests that are answered at once.
SPARE_THREADS = 48
# Whoever has not taken a piece of a long answer by then is given up.
READING_SECONDS = 60.0

_lock = threading.Lock()
_deadlines: dict[socket.socket, float] = {}
_staying = 0


def allow(sock: socket.socket, seconds: float) -> None:
    """Give a client so many seconds, from now, for what it is sending."""
    with _lock:
        _deadlines[sock] = time.monotonic() + seconds


def forgive(sock: socket.socket) -> None:
    """Expect nothing more from a client; all that it had to send has come."""
    with _lock:
        _deadlines.pop(sock, None)


def cut_off_late() -> None:
    """Read nothing more from whom time has run out: a thread that waits for it goes on."""
    now = time.monotonic()
    with _lock:
        late = [sock for sock, deadline in _deadlines.items() if deadline < now]
        for sock in late:
            del _deadlines[sock]
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RD)


def is_gone(sock: socket.socket | None) -> bool:
    """Say whether a client has closed the connection on which it waits for an answer."""
    if sock is None:
        return False
    try:
        return sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def has_room() -> bool:
    """Say whether one more request that lasts leaves threads for others."""
    return _staying < settings.load().web_threads - SPARE_THREADS


def require_room() -> None:
    """Refuse a request that lasts where it would leave no threads for others.

    Raises:
        TooBusy: it would.
    """
    if not has_room():
        raise TooBusy


@contextmanager
def staying() -> Iterator[None]:
    """Count a request that lasts: a stream, a wait, an upload."""
    global _staying  # noqa: PLW0603  # One number for all threads of the process.
    with _lock:
        _staying += 1
    try:
        yield
    finally:
        with _lock:
            _staying -= 1


def begun(pieces: Iterator[AnyStr], sock: socket.socket | None) -> Iterator[AnyStr]:
    """Return a long answer of which the first piece is there: what is wrong can still be said.

    Raises:
        TooBusy: it would leave no threads for others.
    """
    require_room()
    answer = lasting(pieces, sock)
    return chain([next(answer)], answer)


def lasting(pieces: Iterator[AnyStr], sock: socket.socket | None) -> Generator[AnyStr]:
    """Yield the pieces of a long answer, and give up a client that does not take each in time.

    Of a small answer the system keeps what is not read yet; a large one holds its thread.
    """
    with staying():
        if sock is not None:
            sock.settimeout(READING_SECONDS)
        yield from pieces
