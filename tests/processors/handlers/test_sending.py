"""One request: what was never sent is told from what may have been done."""

import ssl
import subprocess
import time
from pathlib import Path

import httpcore2
import pytest

from app_srvc.processors.handlers import addresses, sending
from app_srvc.processors.handlers.failures import (
    Permanent,
    Transient,
    Unknown,
    WrongConfiguration,
)
from app_srvc.processors.handlers.sending import Request, Way
from tests.support import misbehaving
from tests.support.misbehaving import Plan, serving

HERE = Way(private=True)
HASTY = Way(read_seconds=0.3, private=True)
LARGE = b"x" * 8_000_000


def request(url: str, body: bytes = b"<letter/>", **headers: str) -> Request:
    """Return a request."""
    return Request("the service", "POST", url, headers, body)


def send(url: str, way: Way = HERE, body: bytes = b"<letter/>", seconds: float = 20) -> int:
    """Send it, and return the status."""
    return sending.send(request(url, body), way, seconds).status


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for this machine that nobody trusts, and what a server does with it."""
    folder = tmp_path_factory.mktemp("certificate")
    pem, key = folder / "a.pem", folder / "a.key"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=here", "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(pem),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return pem, context


def test_an_answer_is_an_answer_whatever_its_status() -> None:
    with serving(misbehaving.answers(418, b"tea", X_Pot="yes")) as server:
        answer = sending.send(request(f"{server.url}/a?b=c"), HERE, 20)

    assert (answer.status, answer.body, answer.headers["x-pot"]) == (418, b"tea", "yes")
    received = server.received[0]
    assert (received.line, received.body) == ("POST /a?b=c HTTP/1.1", b"<letter/>")
    assert received.headers["host"] == f"127.0.0.1:{server.port}"


def test_nobody_there_means_not_sent() -> None:
    with pytest.raises(Transient) as caught:
        send(misbehaving.refused_url())

    assert caught.value.is_destination


def test_no_such_name_means_not_sent() -> None:
    with pytest.raises(Transient) as caught:
        send("http://nobody.invalid/")

    assert caught.value.is_destination


def test_no_tls_means_not_sent() -> None:
    with (
        serving(misbehaving.hangs_before_reading) as server,
        pytest.raises(Transient) as caught,
    ):
        send(server.url.replace("http:", "https:"), HERE._replace(connect_seconds=0.3))

    assert caught.value.is_destination


@pytest.mark.parametrize("body", [b"x", LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    "plan",
    [
        misbehaving.closes_at_once,
        misbehaving.hangs_before_reading,
        misbehaving.resets_while_reading,
        misbehaving.hangs_after_reading,
        misbehaving.closes_after_reading,
        misbehaving.resets_after_reading,
        pytest.param(misbehaving.CUT_HEAD, id="cut head"),
        pytest.param(misbehaving.CUT_BY_LENGTH, id="cut by length"),
        pytest.param(misbehaving.CUT_CHUNKED, id="cut chunked"),
        pytest.param(misbehaving.NOT_HTTP, id="not http"),
        pytest.param(misbehaving.answers(200, b"?", Content_Encoding="gzip"), id="packed"),
    ],
)
def test_no_whole_answer_means_unknown(plan: Plan, body: bytes) -> None:
    with serving(plan) as server, pytest.raises(Unknown):
        send(server.url, HASTY, body)


def test_a_reset_at_once_means_unknown_unless_it_comes_before_the_request() -> None:
    with serving(misbehaving.resets_at_once) as server, pytest.raises((Unknown, Transient)):
        send(server.url, body=LARGE)

    assert server.received == []


def test_more_of_a_success_than_is_read_means_unknown() -> None:
    with serving(misbehaving.answers(200, b"x" * 1001)) as server:
        assert send(server.url, HERE._replace(most_bytes=1001)) == 200
        with pytest.raises(Unknown):
            send(server.url, HERE._replace(most_bytes=1000))


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 422 No\r\nContent-Length: 100\r\n\r\nbeginning",
        b"HTTP/1.1 422 No\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000,
    ],
    ids=["cut", "too large"],
)
def test_of_a_refusal_the_status_is_enough(raw: bytes) -> None:
    with serving(misbehaving.sends(raw)) as server:
        assert send(server.url, HERE._replace(most_bytes=1000)) == 422


def test_a_refusal_is_heard_before_all_is_sent() -> None:
    with serving(misbehaving.answers_before_reading) as server:
        assert send(server.url, body=LARGE) == 413


def test_a_server_that_drips_does_not_get_more_time_than_there_is() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000
    began = time.monotonic()
    with serving(misbehaving.drips(raw)) as server, pytest.raises(Unknown):
        send(server.url, seconds=0.6)

    assert 0.5 < time.monotonic() - began < 10


def test_redirects_are_not_followed() -> None:
    with serving(misbehaving.answers(307, Location="/elsewhere")) as server:
        assert send(server.url) == 307

    assert server.connections == 1


def test_a_certificate_that_is_not_trusted_is_wrong_configuration(
    certificate: tuple[Path, ssl.SSLContext],
) -> None:
    _pem, context = certificate
    with (
        serving(misbehaving.answers(200), context) as server,
        pytest.raises(WrongConfiguration),
    ):
        send(server.url)

    assert server.received == []


def test_a_certificate_can_be_trusted(certificate: tuple[Path, ssl.SSLContext]) -> None:
    pem, context = certificate
    with serving(misbehaving.answers(200), context) as server:
        assert send(server.url, HERE._replace(ca_file=str(pem))) == 200


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_without_certificates_is_wrong_configuration(
    content: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "a.pem"
    if content:
        file.write_text(content)

    with pytest.raises(WrongConfiguration):
        send("https://127.0.0.1:9/", HERE._replace(ca_file=str(file)))


@pytest.mark.parametrize("text", ["a\nb", "ї"])
def test_a_header_that_cannot_be_is_not_sent(text: str) -> None:
    with serving(misbehaving.answers(200)) as server, pytest.raises(Permanent):
        sending.send(request(server.url, b"", **{"X-Key": text}), HERE, 20)

    assert server.received == []


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", misbehaving.refused_url())
    with serving(misbehaving.answers(204)) as server:
        assert send(server.url) == 204


def test_a_proxy_is_asked_for_the_whole_address() -> None:
    with serving(misbehaving.answers(200)) as proxy:
        assert send("http://service.invalid/a", HERE._replace(proxy=proxy.url)) == 200

    assert proxy.received[0].line == "POST http://service.invalid/a HTTP/1.1"


@pytest.mark.parametrize(
    ("plan", "kind"),
    [
        (misbehaving.hangs_after_reading, Transient),
        (misbehaving.closes_after_reading, Transient),
        (misbehaving.NOT_HTTP, Transient),
        (misbehaving.answers(502), Transient),
        (misbehaving.answers(403), WrongConfiguration),
        (misbehaving.answers(407), WrongConfiguration),
    ],
)
def test_what_fails_before_the_proxy_has_connected_was_not_sent(
    plan: Plan, kind: type[Exception]
) -> None:
    with serving(plan) as proxy, pytest.raises(kind):
        send("https://service.invalid/", HASTY._replace(proxy=proxy.url))


@pytest.mark.parametrize(
    ("host", "is_called"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("127.1", False),
        ("2130706433", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("::127.0.0.1", False),
        ("::10.0.0.1", False),
        ("fec0::1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_private_addresses_are_not_called_unless_they_may_be(
    host: str, is_called: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []

    def connect(_self: object, host: str, *_: object) -> None:
        called.append(host)
        raise httpcore2.ConnectError

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    netloc = f"[{host}]" if ":" in host else host
    with pytest.raises(Transient if is_called else WrongConfiguration):
        send(f"http://{netloc}/", HERE._replace(private=False))

    assert bool(called) is is_called


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "[::169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fd00:ec2::254]",
        "100.100.100.200", "[::ffff:100.100.100.200]", "[fec0::1]",
    ],
)  # fmt: skip
def test_where_clouds_tell_secrets_is_never_called(host: str) -> None:
    with pytest.raises(WrongConfiguration):
        send(f"http://{host}/latest/meta-data/")


def test_one_private_address_of_a_name_is_enough_to_refuse_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(addresses, "resolve", lambda *_: ["93.184.215.14", "10.0.0.1"])

    with pytest.raises(WrongConfiguration):
        send("http://service.example/", HERE._replace(private=False))


def test_a_name_is_resolved_once_and_its_next_address_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def resolve(host: str, _seconds: float) -> list[str]:
        asked.append(host)
        return ["127.0.0.2", "127.0.0.1"]

    monkeypatch.setattr(addresses, "resolve", resolve)
    with serving(misbehaving.answers(200)) as server:
        assert send(f"http://service.example:{server.port}/") == 200

    assert asked == ["service.example"]
    assert server.received[0].headers["host"] == f"service.example:{server.port}"
