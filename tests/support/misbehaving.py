"""A server on this machine that answers, or does not, in each of the ways in which servers fail."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple


class Received(NamedTuple):
    """What it was sent. Header names are in lower case."""

    line: str
    headers: Mapping[str, str]
    body: bytes


class Server:
    """Does to each connection what `plan` says, in a thread of its own."""

    def __init__(self, plan: Callable[["Server", socket.socket], None]) -> None:
        self.plan = plan
        self.received: list[Received] = []
        self.closing = threading.Event()
        self.tls: ssl.SSLContext | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop it, and what hangs."""
        self.closing.set()
        # Closing alone would leave the thread in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def read(self, conn: socket.socket) -> Received:
        """Read a whole request."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += (piece := conn.recv(65536))
            if not piece:
                raise OSError("it has gone")
        head, _, body = data.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        pairs = (one.split(": ", 1) for one in lines)
        headers = {name.lower(): value for name, value in pairs}
        while len(body) < int(headers.get("content-length", 0)):
            body += conn.recv(65536)
        self.received.append(Received(line, headers, body))
        return self.received[-1]

    def _serve(self) -> None:
        while not self.closing.is_set():
            try:
                conn, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._work, args=[conn], daemon=True).start()

    def _work(self, conn: socket.socket) -> None:
        with contextlib.suppress(OSError), conn:
            wrapped = self.tls.wrap_socket(conn, server_side=True) if self.tls else conn
            with wrapped:
                self.plan(self, wrapped)


Plan = Callable[[Server, socket.socket], None]


@contextlib.contextmanager
def serving(plan: Plan, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server for a block."""
    server = Server(plan)
    if tls:
        server.tls = tls
        server.url = server.url.replace("http:", "https:")
    try:
        yield server
    finally:
        server.close()


def answers(status: int = 200, body: bytes = b"", **headers: str) -> Plan:
    """Answer as servers should."""

    def plan(server: Server, conn: socket.socket) -> None:
        server.read(conn)
        conn.sendall(written(status, body, **headers))

    return plan


def written(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """Return an answer as it is sent."""
    headers = {"Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
    return f"HTTP/1.1 {status} Told\r\n{lines}\r\n".encode() + body


def sends(raw: bytes) -> Plan:
    """Read the request, send this whatever it is, and close."""

    def plan(server: Server, conn: socket.socket) -> None:
        server.read(conn)
        conn.sendall(raw)

    return plan


def drips(raw: bytes, seconds: float = 0.05) -> Plan:
    """Send a byte now and then, for as long as somebody waits."""

    def plan(server: Server, conn: socket.socket) -> None:
        server.read(conn)
        for byte in raw:
            conn.sendall(bytes([byte]))
            if server.closing.wait(seconds):
                return

    return plan


def closes_at_once(server: Server, conn: socket.socket) -> None:
    """Close without a word."""


def resets_at_once(server: Server, conn: socket.socket) -> None:
    """Cut the connection before anything is read."""
    _reset(conn)


def hangs_before_reading(server: Server, conn: socket.socket) -> None:
    """Take the connection, and do nothing."""
    server.closing.wait()


def hangs_after_reading(server: Server, conn: socket.socket) -> None:
    """Take the request, and do nothing."""
    server.read(conn)
    server.closing.wait()


def closes_after_reading(server: Server, conn: socket.socket) -> None:
    """Take the request, and close."""
    server.read(conn)


def resets_after_reading(server: Server, conn: socket.socket) -> None:
    """Take the request, and cut the connection."""
    server.read(conn)
    _reset(conn)


def resets_while_reading(server: Server, conn: socket.socket) -> None:
    """Take a part of the request, and cut the connection."""
    conn.recv(100)
    _reset(conn)


def answers_before_reading(server: Server, conn: socket.socket) -> None:
    """Refuse by the head alone, and close."""
    conn.recv(100)
    conn.sendall(written(413))
    server.closing.wait(0.2)


CUT_BY_LENGTH = sends(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbeginning")
CUT_CHUNKED = sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nbeginning\r\n")
CUT_HEAD = sends(b"HTTP/1.1 200 OK\r\nContent-Le")
NOT_HTTP = sends(b"220 mail.example ESMTP\r\n")


def refused_url() -> str:
    """Return an address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def _reset(conn: socket.socket) -> None:
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()
