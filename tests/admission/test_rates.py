"""How much one client may send: who counts as one, what is refused, and how that is told."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import settings
from app_srvc.admission import counters, refusals
from app_srvc.settings import WrongSetting
from tests.support.accounts import bearer, logged_in, member
from tests.support.pages import look, press, token, upload
from tests.support.people import guest, program
from tests.support.recordings import recording
from tests.support.registering import register
from tests.support.rows import rows, scalar
from tests.support.workers import wait_for

TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}


def begin(client: FlaskClient, headers: dict[str, str] | None = None, **environ: str) -> int:
    """Begin an upload in pieces, and return the status."""
    sent = TUS | (headers or {})
    if client._cookies is not None:
        sent |= {"X-CSRFToken": token(client)}
    answer = client.post("/uploads/", headers=sent, environ_base=environ)
    status: int = answer.status_code
    return status


def refused(kind: str) -> dict[str, int]:
    """Return how often each limit of a kind has refused."""
    refusals.flush()
    return dict(rows("SELECT name, number FROM refusal_counts WHERE kind = %s", kind))


@pytest.fixture
def two(setting: Callable[..., None]) -> None:
    """Let each client begin two uploads an hour, and all else be done twice as well."""
    setting(rate_limits="*=2/hour")


@pytest.mark.usefixtures("two")
def test_whoever_sends_too_much_is_told_when_to_come_again(app: Flask) -> None:
    client = program(app)
    answers = [client.post("/uploads/", headers=TUS) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {"2;w=3600"}
    assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"2"}
    last = answers[-1]
    assert last.headers["RateLimit-Remaining"] == "0"
    assert last.headers["Retry-After"] == last.headers["RateLimit-Reset"]
    assert 0 < int(last.headers["Retry-After"]) <= 3600
    assert last.headers["Tus-Resumable"] == "1.0.0"
    assert last.mimetype == "application/problem+json"
    told = last.get_json()
    assert told["title"] == "Too much in a short time"
    assert told["detail"] == (
        "At most 2 requests like this are taken from one address within an hour."
        " Nothing of it was stored. Please try again in 60 minutes."
    )
    assert scalar("SELECT count(*) FROM uploads") == 2
    assert refused("rate") == {"uploads": 1}


def test_who_waits_is_let_in_again(app: Flask, setting: Callable[..., None]) -> None:
    setting(rate_limits="uploads=2/second")
    client = program(app)
    # However slow this machine is, some come within a second.
    wait_for(lambda: begin(client) == 429)

    wait_for(lambda: begin(client) == 201)


@pytest.mark.usefixtures("two")
def test_each_kind_of_request_counts_by_itself(app: Flask) -> None:
    client = guest(app)

    assert [begin(client) for _ in range(3)] == [201, 201, 429]
    assert [register(client, login=f"person{n}").status_code for n in range(3)] == [303, 303, 429]
    assert [press(client, "/language", language="en").status_code for _ in range(3)] == [
        303, 303, 429,
    ]  # fmt: skip
    # To look is free, whatever was refused.
    assert {look(client, "/stt/").status_code for _ in range(5)} == {200}


@pytest.mark.usefixtures("two")
def test_a_new_cookie_makes_no_new_client(app: Flask) -> None:
    assert [begin(guest(app)) for _ in range(3)] == [201, 201, 429]


@pytest.mark.usefixtures("two")
def test_another_address_is_another_client(app: Flask) -> None:
    client = program(app)

    for address in ("203.0.113.1", "203.0.113.2", "2001:db8::"):
        assert [begin(client, REMOTE_ADDR=address) for _ in range(3)] == [201, 201, 429]
    # A provider gives each of its customers a network of addresses.
    assert begin(client, REMOTE_ADDR="2001:db8::ffff:1") == 429
    assert begin(client, REMOTE_ADDR="2001:db8:0:1::") == 201


@pytest.mark.usefixtures("two")
def test_an_account_is_one_client_wherever_it_comes_from(app: Flask) -> None:
    olena, petro = member("olena"), member("petro")
    places = [f"203.0.113.{number}" for number in range(3)]
    browsers = [logged_in(app, olena) for _ in places]

    def sent_from_all() -> list[int]:
        found = zip(browsers, places, strict=True)
        return [begin(client, REMOTE_ADDR=place) for client, place in found]

    assert sent_from_all() == [201, 201, 429]
    assert [begin(program(app), REMOTE_ADDR=places[0]) for _ in range(2)] == [201, 201]
    # Its programs count together, as a token is soon made, and apart from its browsers.
    tokens = [bearer(olena, "submit") for _ in range(3)]
    assert [begin(program(app), headers) for headers in tokens] == [201, 201, 429]
    assert begin(program(app), bearer(petro, "submit")) == 201


def test_only_a_trusted_proxy_says_who_the_client_is(setting: Callable[..., None]) -> None:
    from app_srvc import webapp

    setting(rate_limits="uploads=1/hour")
    client = program(webapp.create_app())
    assert begin(client, {"X-Forwarded-For": "203.0.113.1"}) == 201
    assert begin(client, {"X-Forwarded-For": "203.0.113.2"}) == 429

    setting(rate_limits="uploads=1/hour", trusted_proxies=1)
    client = program(webapp.create_app())
    for address in ("203.0.113.3", "203.0.113.4:4711"):
        assert begin(client, {"X-Forwarded-For": f"203.0.113.99, {address}"}) == 201
    # What stands before the proxy's own word is the client's, and may be anything.
    assert begin(client, {"X-Forwarded-For": "203.0.113.98, 203.0.113.3"}) == 429
    assert begin(client, {"X-Forwarded-For": "203.0.113.4:4712"}) == 429


@pytest.mark.usefixtures("two")
def test_a_person_reads_what_to_do(app: Flask) -> None:
    client = guest(app)
    files = [(recording("days.flac"), "days.flac")]
    answers = [upload(client, *files) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert "At most 2 requests like this are taken from one address" in answers[-1].text
    assert 'id="upload"' in answers[-1].text, "the form is there to try again"
    assert scalar("SELECT count(*) FROM jobs") == 2

    page = [register(client, login=f"person{n}") for n in range(3)][-1]
    assert page.status_code == 429
    assert page.headers["Retry-After"]
    assert "Please try again in 60 minutes." in page.text
    assert "counted by yourself" in page.text
    assert 'href="/login' in page.text

    olena = logged_in(app, member("olena"))
    page = [press(olena, "/account/language", language="en") for _ in range(3)][-1]
    assert page.status_code == 429
    assert "from one account" in page.text
    assert "counted by yourself" not in page.text


@pytest.mark.usefixtures("two")
def test_programs_that_speak_openais_api_read_it_in_its_shape(app: Flask) -> None:
    client = program(app)
    for _ in range(3):
        answer = client.post("/v1/audio/transcriptions")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
    told = answer.get_json()["error"]
    assert (told["type"], told["code"]) == ("requests", "rate_limit_exceeded")
    assert "within an hour" in told["message"]


@pytest.mark.usefixtures("two")
def test_nothing_is_read_of_what_is_refused(app: Flask) -> None:
    client = program(app)

    class Body:
        """A body that must not be read."""

        def read(self, _size: int = -1) -> bytes:
            raise AssertionError

    for path, content_type in (
        ("/stt/task", "multipart/form-data; boundary=x"),
        ("/v1/audio/transcriptions", "multipart/form-data; boundary=x"),
        ("/userregres/", "application/json"),
        ("/userregres/", "application/x-www-form-urlencoded"),
        ("/uploads/", "application/offset+octet-stream"),
    ):
        for _ in range(2):
            client.post(path, headers=TUS)
        answer = client.post(
            path,
            content_type=content_type,
            headers=TUS,
            environ_overrides={"wsgi.input": Body(), "CONTENT_LENGTH": "1000000"},
        )
        assert answer.status_code == 429, path


@pytest.mark.usefixtures("two")
def test_what_nobody_answers_is_not_counted(app: Flask) -> None:
    client = program(app)

    assert {client.post("/no/such/address").status_code for _ in range(5)} == {404}
    assert {client.post("/healthz").status_code for _ in range(5)} == {405}


def test_a_limit_can_be_lifted(app: Flask, setting: Callable[..., None]) -> None:
    setting(rate_limits="uploads=off,*=1/hour")
    client = program(app)

    answers = [client.post("/uploads/", headers=TUS) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert not any("RateLimit-Limit" in answer.headers for answer in answers)


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ("uploads", "uploads=600/minute"),
        ("uploads=0/minute", "uploads=600/minute"),
        ("uploads=5/week", "second, minute, hour, day"),
        ("downloads=5/minute", "downloads is none of transcriptions, "),
        ("uploads=5/minute,uploads=6/minute", "uploads is named twice"),
    ],
)
def test_what_cannot_be_a_limit_stops_the_start(
    told: str, wrong: str, setting: Callable[..., None]
) -> None:
    setting(rate_limits=told)

    with pytest.raises(WrongSetting, match="RATE_LIMITS") as raised:
        settings.load()
    assert wrong in str(raised.value)


class Hung:
    """A server that takes connections and never answers."""

    def __init__(self) -> None:
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.sock.getsockname()[1]}/0"
        self.taken: list[socket.socket] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                self.taken.append(self.sock.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        """Take no more."""
        self.sock.close()


@pytest.fixture
def hung() -> Iterator[Hung]:
    """Start such a server."""
    server = Hung()
    yield server
    server.close()


def test_while_the_counts_are_away_everybody_is_let_in_and_only_one_request_waits(
    app: Flask, setting: Callable[..., None], hung: Hung, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting(rate_limits="*=2/hour", queue_url=hung.url)
    client = program(app)

    assert {begin(client) for _ in range(10)} == {201}
    assert len(hung.taken) == 1
    assert refused("open") == {"uploads": 10}
    # After a while one looks again.
    monkeypatch.setattr(counters, "PAUSE_SECONDS", 1000.0)
    monkeypatch.setattr(counters, "_down_until", 0.0)
    assert {begin(client) for _ in range(10)} == {201}
    assert len(hung.taken) == 2
    assert refused("rate") == {}


def test_when_the_counts_are_back_they_count(
    app: Flask, setting: Callable[..., None], hung: Hung, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = settings.load().queue_url
    setting(rate_limits="*=2/hour", queue_url=hung.url)
    client = program(app)
    assert {begin(client) for _ in range(5)} == {201}

    setting(rate_limits="*=2/hour", queue_url=right)
    monkeypatch.setattr(counters, "_down_until", 0.0)
    assert [begin(client) for _ in range(3)] == [201, 201, 429]


@pytest.mark.usefixtures("two")
def test_nobodys_address_is_kept(app: Flask, backing: object) -> None:
    import redis

    begin(program(app), REMOTE_ADDR="203.0.113.77")

    client = redis.Redis.from_url(settings.load().queue_url)
    keys = [key.decode() for key in client.scan_iter("*rates*")]
    assert keys
    assert not any("203.0.113.77" in key for key in keys)
    assert all(0 < client.ttl(key) <= 7200 for key in keys)
