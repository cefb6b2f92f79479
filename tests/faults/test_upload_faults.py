"""Uploads in pieces while the web dies, the sender dawdles, and the database goes away."""

import http.client
import os
import socket
import threading
import time
from collections.abc import Callable

import pytest

from app_srvc import db
from app_srvc.uploads import bodies
from tests.conftest import Servers
from tests.support.rows import scalar
from tests.support.uploads import content
from tests.support.web import Web
from tests.support.workers import Workers, wait_for

pytestmark = pytest.mark.fault("pieces")

TUS = {"Tus-Resumable": "1.0.0"}
DATA = os.urandom(5 * bodies.CHUNK + 54_321)

IMPATIENT = """
from app_srvc.uploads import bodies
bodies.CHUNK_SECONDS = 1.0
from gunicorn.app.wsgiapp import run
run()
"""


def ask(web: Web, method: str, path: str, body: bytes = b"", **headers: str) -> dict[str, str]:
    """Send a request and return the answer's headers, and its status as `status`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if method == "PATCH":
        named["Content-Type"] = "application/offset+octet-stream"
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    try:
        connection.request(method, path, body or None, TUS | named)
        answer = connection.getresponse()
        return dict(answer.getheaders()) | {"status": str(answer.status)}
    finally:
        connection.close()


def begin(web: Web) -> str:
    """Create an upload of all of DATA and return its path."""
    return ask(web, "POST", "/uploads/", Upload_Length=str(len(DATA)))["Location"]


def offset(web: Web, path: str) -> int:
    """Ask how much has come."""
    return int(ask(web, "HEAD", path)["Upload-Offset"])


def send_some(web: Web, path: str, at: int, until: int) -> socket.socket:
    """Announce the rest of DATA from a position on, and send it only until another."""
    sock = socket.create_connection(("127.0.0.1", web.port))
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {at}\r\n"
        f"Content-Length: {len(DATA) - at}\r\nContent-Type: application/offset+octet-stream\r\n\r\n"
    )
    sock.sendall(head.encode() + DATA[at:until])
    return sock


def rows() -> int:
    """Count what the database knows of uploads and files."""
    return int(scalar("SELECT (SELECT count(*) FROM uploads) + (SELECT count(*) FROM files)"))


def finish(web: Web, path: str) -> None:
    """Send what is missing, in one piece."""
    at = offset(web, path)
    assert ask(web, "PATCH", path, DATA[at:], Upload_Offset=str(at))["status"] == "204"


@pytest.mark.parametrize("megabytes", [0.3, 3.5])
def test_the_web_killed_in_the_middle_of_a_piece_loses_at_most_a_megabyte(
    megabytes: float, web: Web
) -> None:
    path = begin(web)
    sent = int(megabytes * bodies.CHUNK)
    durable = sent // bodies.CHUNK * bodies.CHUNK
    with send_some(web, path, 0, sent):
        wait_for(lambda: offset(web, path) >= durable)
        web.kill()
    web.start()

    assert durable <= offset(web, path) <= sent
    finish(web, path)
    assert content(path) == DATA


def test_the_web_killed_again_and_again_between_and_in_pieces_changes_no_byte(
    web: Web, figure: Callable[[str], None]
) -> None:
    path = begin(web)
    kills = 0
    while (at := offset(web, path)) < len(DATA):
        with send_some(web, path, at, min(len(DATA), at + 2_500_000)):
            time.sleep(0.05 * kills)  # Another moment each time.
            web.kill()
        web.start()
        kills += 1
        at = offset(web, path)
        piece = DATA[at : at + 300_000]
        assert ask(web, "PATCH", path, piece, Upload_Offset=str(at))["status"] == "204"

    assert content(path) == DATA
    figure(f"resumable upload: web killed {kills} times, bytes changed 0")


def test_a_connection_that_breaks_keeps_all_that_has_come(web: Web) -> None:
    path = begin(web)
    sent = 2 * bodies.CHUNK + 777
    send_some(web, path, 0, sent).close()

    wait_for(lambda: offset(web, path) == sent)
    finish(web, path)
    assert content(path) == DATA


def test_who_dawdles_is_cut_off_and_goes_on_later(own: Servers) -> None:
    web = Web("-c", IMPATIENT)
    try:
        path = begin(web)
        with send_some(web, path, 0, 100_000) as sock:
            assert b" 400 " in sock.recv(1000).partition(b"\r\n")[0]
        assert offset(web, path) == 100_000
        finish(web, path)
    finally:
        web.stop()
    assert content(path) == DATA


def test_two_connections_with_the_same_piece_end_in_the_right_bytes(web: Web) -> None:
    path = begin(web)
    answers: list[str] = []

    def send() -> None:
        try:
            answers.append(ask(web, "PATCH", path, DATA, Upload_Offset="0")["status"])
        except OSError:
            answers.append("cut off")  # Refused while it was still sending.

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {"204", "409", "cut off"}
    finish(web, path)
    assert content(path) == DATA


def test_an_upload_goes_on_after_the_database_was_away(own: Servers, web: Web) -> None:
    path = begin(web)
    with send_some(web, path, 0, 3 * bodies.CHUNK) as sock:
        wait_for(lambda: offset(web, path) == 3 * bodies.CHUNK)
        own.kill("postgresql")
        sock.sendall(DATA[3 * bodies.CHUNK : 5 * bodies.CHUNK])
        assert b" 503 " in sock.recv(1000).partition(b"\r\n")[0]
    own.revive("postgresql")
    db.close_idle()

    finish(web, path)
    assert content(path) == DATA


def test_what_nobody_finishes_is_swept_away(own: Servers, web: Web, own_workers: Workers) -> None:
    path = begin(web)
    send_some(web, path, 0, 1_500_000).close()
    wait_for(lambda: offset(web, path) == 1_500_000)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE files SET expires_at = expires_at - interval '24 hours'")

    assert ask(web, "HEAD", path)["status"] == "404"
    own_workers.start()
    wait_for(lambda: rows() == 0)
    assert not [file for file in (own.home / "files").rglob("*") if file.is_file()]
