"""The list of users as a file for spreadsheets."""

import csv
import io
import re
import socket

import psutil
import pytest
from flask import Flask

from app_srvc import db
from app_srvc.accounts.repository.listing import Asked
from app_srvc.accounts.userlist import exporting
from app_srvc.web import patience
from tests.support.accounts import bearer, logged_in, member
from tests.support.pages import look
from tests.support.people import guest, operator, program
from tests.support.web import Web
from tests.support.workers import wait_for

PATH = "/userlist/users.csv"
IMPATIENT = """
from app_srvc.web import patience
patience.READING_SECONDS = 1.0
from gunicorn.app.wsgiapp import run
run()
"""


def add_many(count: int, first_name: str = "Ada") -> None:
    """Add people by the thousand."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO users (id, first_name, last_name, name_key, given_key, login, login_key,"
            " email, email_key, phone) SELECT gen_random_uuid(), %s, 'Byron', 'byron ada',"
            " 'ada byron', 'ada' || n, 'ada' || n, n || '@example.org', n || '@example.org',"
            " '+380441234567' FROM generate_series(1, %s) AS n",
            (first_name, count),
        )


def test_nobody_but_an_operator_gets_it(app: Flask) -> None:
    plain = member("plain")

    assert look(guest(app), PATH).status_code == 302
    assert program(app).get(PATH, headers={"Accept": "application/json"}).status_code == 401
    assert look(logged_in(app, plain), PATH).status_code == 404
    assert program(app).get(PATH, headers=bearer(plain, "read", "operate")).status_code == 404
    chief = member("chief", role="operator")
    assert program(app).get(PATH, headers=bearer(chief, "read", "operate")).status_code == 200


def test_a_spreadsheet_opens_it_as_it_is_meant(app: Flask) -> None:
    user_id = member("olena", first_name="Олена", last_name='Коваль, "Леся"', state="waiting")

    answer = operator(app).get(PATH)
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    name = answer.headers["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="users-\d{4}-\d\d-\d\d\.csv"', name)
    head, row, rest = answer.data.decode("utf-8").split("\r\n")
    assert head == "\ufeffid,last_name,first_name,login,email,phone,state,role,created_at"
    names = f'{user_id},"Коваль, ""Леся""",Олена,olena,olena@example.org'
    assert row.startswith(f"{names},'+380441234567,waiting,user,20")
    assert rest == ""


def test_without_anybody_it_has_its_heading(app: Flask) -> None:
    assert operator(app).get(PATH).data.count(b"\r\n") == 1


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("http://x")'],
)
def test_no_cell_is_a_formula(name: str, app: Flask) -> None:
    member("ada", first_name=name, last_name=name)

    data = operator(app).get(PATH).data.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(data, newline=""))
    assert row["first_name"] == row["last_name"] == f"'{name}"
    assert row["phone"] == "'+380441234567"


def test_it_has_whom_the_list_has(app: Flask) -> None:
    client = operator(app)
    member("ada")
    member("bea", state="locked")
    member("abe")

    data = client.get(f"{PATH}?q=a&state=active&sort=login&limit=1").data.decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(data, newline=""))
    assert [row["login"] for row in rows] == ["abe", "ada"]
    assert 'href="/userlist/users.csv?q=a" download' in look(client, "/userlist/?q=a").text


def test_it_comes_in_pieces_between_which_no_connection_is_held(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_many(25)
    monkeypatch.setattr(exporting, "BATCH", 10)
    pieces = exporting.pieces(Asked(sort="login"))

    before = len(db._pool.idle)
    lines = 0
    for piece in pieces:
        lines += piece.count("\r\n")
        assert len(db._pool.idle) == before
    assert lines == 26


def test_too_many_that_last_are_refused(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = operator(app)
    monkeypatch.setattr(patience, "SPARE_THREADS", 10_000)

    answer = client.get(PATH)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_a_thread_is_counted_as_long_as_it_serves_it(app: Flask) -> None:
    add_many(exporting.BATCH + 1)
    pieces = patience.lasting(exporting.pieces(Asked()), None)
    before = patience._staying

    next(pieces)
    assert patience._staying == before + 1
    pieces.close()
    assert patience._staying == before


def test_whoever_reads_nothing_is_given_up(app: Flask) -> None:
    add_many(15_000, "Ada" * 300)
    web = Web("-c", IMPATIENT)
    headers = bearer(member("chief", role="operator"), "read", "operate")
    reader = socket.socket()
    try:
        # So little that the system keeps does not hide that nobody reads.
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", web.port))
        request = (
            f"GET {PATH} HTTP/1.1\r\nHost: a\r\nAuthorization: {headers['Authorization']}\r\n\r\n"
        )
        reader.sendall(request.encode())
        port = reader.getsockname()[1]
        assert b"200 OK" in reader.recv(1000)

        wait_for(lambda: port not in connected_to(web))
        received = b"".join(iter(lambda: reader.recv(100_000), b""))
        assert b"\r\n0\r\n\r\n" not in received, "half a list must not look like all of it"
    finally:
        reader.close()
        web.stop()


def connected_to(web: Web) -> set[int]:
    """Return the ports of the clients whose connections the web processes hold."""
    [worker] = psutil.Process(web.process.pid).children()
    return {conn.raddr.port for conn in worker.net_connections("tcp") if conn.raddr}
