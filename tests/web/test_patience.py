"""Clients that dawdle are cut off, and hold up nobody else."""

import socket
from collections.abc import Iterator

import pytest

from app_srvc.web import patience
from tests.support.web import Web, get
from tests.support.workers import wait_for

QUICK = """
from app_srvc.web import serving
serving.REQUEST_SECONDS = 1.0
from gunicorn.app.wsgiapp import run
run()
"""


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Return the two ends of a connection: the server's, and the client's."""
    server, client = socket.socketpair()
    yield server, client
    server.close()
    client.close()


@pytest.fixture
def connect(database: None) -> Iterator[tuple[Web, list[socket.socket]]]:
    """Start a web process that has little patience, and a list of connections to close."""
    web, connections = Web("-c", QUICK), list[socket.socket]()
    yield web, connections
    for sock in connections:
        sock.close()
    web.stop()


def send(web: Web, connections: list[socket.socket], data: bytes) -> socket.socket:
    """Open a connection and send the beginning of something."""
    sock = socket.create_connection(("127.0.0.1", web.port))
    sock.sendall(data)
    connections.append(sock)
    return sock


def test_whose_time_has_run_out_is_read_no_more(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    server, client = pair
    patience.allow(server, -1)
    patience.cut_off_late()

    assert server.recv(10) == b""
    server.sendall(b"an answer can still be sent")
    assert client.recv(100) == b"an answer can still be sent"


def test_who_has_time_or_is_forgiven_is_read_on(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    server, client = pair
    patience.allow(server, 60)
    patience.cut_off_late()
    patience.allow(server, -1)
    patience.forgive(server)
    patience.cut_off_late()

    client.sendall(b"late")
    assert server.recv(10) == b"late"


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET / HT",
        b"POST /operator HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\ntok",
    ],
)
def test_half_a_request_is_given_up(
    beginning: bytes, connect: tuple[Web, list[socket.socket]]
) -> None:
    web, connections = connect
    sock = send(web, connections, beginning)

    # The server closes; until then this waits.
    while sock.recv(1000):
        pass
    assert get(f"{web.url}/healthz").status == 200


def test_a_request_that_lasts_longer_than_one_may_be_sent_is_answered(
    connect: tuple[Web, list[socket.socket]],
) -> None:
    web, _ = connect
    answer = get(f"{web.url}/healthz")

    assert answer.status == 200
    wait_for(lambda: get(f"{web.url}/healthz").status == 200)


def test_clients_that_do_not_close_hold_up_nobody(
    connect: tuple[Web, list[socket.socket]],
) -> None:
    web, connections = connect
    for _ in range(40):
        send(web, connections, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    # One after another they would keep this waiting for 80 seconds.
    assert get(f"{web.url}/healthz", timeout=30).status == 200
