"""Calling a service with each record, and what its answers mean."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app_srvc.processors.handlers.failures import OutOfTime
from app_srvc.processors.handlers.protocol import Payload
from tests.support import misbehaving
from tests.support.handling import KEY, SECRET_TEXT, Calling, failure, handle, record
from tests.support.misbehaving import Server, answers, serving


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a service that does all that it is asked."""
    with serving(answers(200, b"<done/>", Content_Type="application/xml")) as server:
        yield server


def config(server: Server, path: str = "/letters", /, **more: object) -> dict[str, object]:
    """Return what is configured at least to reach it."""
    return {"url": server.url + path, "private": True, **more}


def test_the_record_is_sent_with_its_key_and_the_answer_goes_on(server: Server) -> None:
    context = Calling()
    done = handle("http", config(server), record(b"<letter/>"), context)

    received = server.received[0]
    assert received.line == "POST /letters HTTP/1.1"
    assert received.body == b"<letter/>"
    assert received.headers["content-type"] == "application/xml"
    assert received.headers["idempotency-key"] == f'"{KEY}"'
    assert (done.output, done.http_status) == (Payload("application/xml", b"<done/>"), 200)
    assert context.calls == [f"POST {server.url}/letters"]


def test_places_in_the_address_are_filled_in_and_told_to_nobody(server: Server) -> None:
    context = Calling()
    told = record(b'{"name": "%s", "id": 7}' % SECRET_TEXT.encode(), "application/json")
    path = "/of/{{ record.json.name }}/{{ record.source_key }}?n={{ record.json.id }}"
    handle("http", config(server, path), told, context)

    assert server.received[0].line == "POST /of/Wednesday%27s%20child/letter-7?n=7 HTTP/1.1"
    assert SECRET_TEXT not in str(context.calls) + str(context.lines)
    assert "?" not in context.calls[0]


@pytest.mark.parametrize("key", ["..", ".", ""])
def test_a_record_cannot_lead_to_another_place(server: Server, key: str) -> None:
    led = record()._replace(source_key=key)

    assert failure("http", config(server, "/a/{{ record.source_key }}/b"), led).kind == "permanent"
    handle("http", config(server, "/a/{{ record.source_key }}/b"), led._replace(source_key="x/?#"))
    assert [one.line for one in server.received] == ["POST /a/x%2F%3F%23/b HTTP/1.1"]


def test_a_template_of_json_writes_values_whatever_is_in_them(server: Server) -> None:
    nasty = record(b'<a b="1">x", "admin": "yes</a>')
    template = '{"text": {{ record.xpath("/a") }}, "none": {{ record.xpath("/c") }}}'
    handle("http", config(server, content_type="application/json", body=template), nasty)

    received = server.received[0]
    assert received.body == b'{"text": "x\\", \\"admin\\": \\"yes", "none": null}'
    assert received.headers["content-type"] == "application/json"


def test_a_template_of_xml_writes_text_whatever_is_in_it(server: Server) -> None:
    nasty = record(b'{"a": "</x><admin/>&\\""}', "application/json")
    template = "<x y='{{ record.json.a }}'>{{ record.pointer('/a') }}</x>"
    handle("http", config(server, content_type="text/xml", body=template), nasty)

    escaped = b"&lt;/x&gt;&lt;admin/&gt;&amp;&#34;"
    assert server.received[0].body == b"<x y='%s'>%s</x>" % (escaped, escaped)


@pytest.mark.parametrize(
    ("template", "body"),
    [
        ("{{ record.json.b }}", b'{"a": 1}'),
        ("{{ record.json.a }}", b"<a/>"),
        ("{{ record.json.a }} and more", b'{"a": 1}'),
        ("{{ record.body }}", b"\xff"),
        ("{{ 1 // record.json.a }}", b'{"a": 0}'),
    ],
    ids=["not there", "no JSON", "makes no JSON", "no text", "cannot be computed"],
)
def test_a_record_that_cannot_fill_a_template_is_dead(
    server: Server, template: str, body: bytes
) -> None:
    told = config(server, content_type="application/json", body=template)

    assert failure("http", told, record(body)).kind == "permanent"
    assert server.connections == 0


def test_a_template_may_not_reach_into_python(server: Server) -> None:
    told = config(server, body="{{ record.__class__.__mro__ }}")

    assert failure("http", told).kind in {"configuration", "permanent"}
    assert server.connections == 0


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"auth": "bearer"}, "authorization", "Bearer opensesame"),
        (
            {"auth": "basic", "auth_user": "ali"},
            "authorization",
            "Basic " + base64.b64encode(b"ali:opensesame").decode(),
        ),
        ({"auth": "header", "auth_header": "X-Api-Key"}, "x-api-key", "opensesame"),
    ],
    ids=["bearer", "basic", "header"],
)
def test_it_logs_in_with_a_secret_that_is_only_named(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    auth: dict[str, str],
    header: str,
    value: str,
) -> None:
    monkeypatch.setenv("SECRET_CAVE", "opensesame")
    handle("http", config(server, auth_secret="CAVE", **auth))

    assert server.received[0].headers[header] == value


@pytest.mark.parametrize("secret", [None, "two\nlines"])
def test_without_its_secret_nothing_is_called(
    server: Server, monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    if secret:
        monkeypatch.setenv("SECRET_CAVE", secret)

    failed = failure("http", config(server, auth="bearer", auth_secret="CAVE"))
    assert failed.kind == "configuration"
    assert "two" not in failed.sentence
    assert server.connections == 0


def test_other_headers_are_sent(server: Server) -> None:
    headers = "X-One: 1\n\nX-Key:  {{ record.source_key }}\n"
    handle("http", config(server, headers=headers))

    received = server.received[0].headers
    assert (received["x-one"], received["x-key"]) == ("1", "letter-7")


def test_a_record_cannot_add_headers(server: Server) -> None:
    split = record()._replace(source_key="a\r\nX-Admin: yes")

    told = config(server, headers="X-Key: {{ record.source_key }}")
    assert failure("http", told, split).kind == "permanent"
    assert server.received == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_call_without_content_sends_none(server: Server, method: str) -> None:
    handle("http", config(server, method=method))

    received = server.received[0]
    assert (received.line, received.body) == (f"{method} /letters HTTP/1.1", b"")
    assert not received.headers.keys() & {"content-length", "transfer-encoding", "content-type"}


def test_an_empty_record_is_sent_as_such(server: Server) -> None:
    handle("http", config(server), record(b""))

    received = server.received[0].headers
    assert received["content-length"] == "0"
    assert "transfer-encoding" not in received


@pytest.mark.parametrize(
    ("status", "kind", "is_destination"),
    [
        (200, None, False), (201, None, False), (202, None, False), (204, None, False),
        (301, "configuration", False), (302, "configuration", False),
        (307, "configuration", False), (308, "configuration", False),
        (400, "permanent", False), (404, "permanent", False), (405, "permanent", False),
        (406, "permanent", False), (410, "permanent", False), (413, "permanent", False),
        (415, "permanent", False), (422, "permanent", False), (418, "permanent", False),
        (401, "configuration", False), (403, "configuration", False),
        (407, "configuration", False),
        (408, "transient", False), (409, "transient", False), (425, "transient", False),
        (429, "transient", True),
        (500, "transient", False), (501, "permanent", False), (502, "unknown", True),
        (503, "transient", True), (504, "unknown", True), (505, "permanent", False),
        (599, "transient", False),
    ],
)  # fmt: skip
def test_each_status_has_its_meaning(status: int, kind: str | None, is_destination: bool) -> None:
    with serving(answers(status)) as server:
        if kind is None:
            assert handle("http", config(server)).http_status == status
            return
        failed = failure("http", config(server))

    assert (failed.kind, failed.is_destination, failed.http_status) == (
        kind, is_destination, status,
    )  # fmt: skip


@pytest.mark.parametrize("status", [502, 504])
def test_what_knows_its_keys_can_be_asked_again_when_a_proxy_had_no_answer(status: int) -> None:
    with serving(answers(status)) as server:
        failed = failure("http", config(server, idempotent=True))

    assert (failed.kind, failed.is_destination) == ("transient", True)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("-5", 0),
        ("soon", 0),
        ("1e9", 86400),
        ("nan", 0),
    ],
)
@pytest.mark.parametrize("status", [409, 429, 503])
def test_it_is_left_alone_for_as_long_as_it_asks(status: int, told: str, seconds: float) -> None:
    with serving(answers(status, Retry_After=told)) as server:
        assert failure("http", config(server)).after_seconds == seconds


def test_it_is_left_alone_until_when_it_asks() -> None:
    told = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with serving(answers(503, Retry_After=told)) as server:
        assert 3500 < failure("http", config(server)).after_seconds <= 3600


def test_nobody_there_means_not_sent_and_no_answer_means_unknown() -> None:
    absent = failure("http", {"url": misbehaving.refused_url(), "private": True})
    assert (absent.kind, absent.is_destination) == ("transient", True)

    with serving(misbehaving.hangs_after_reading) as server:
        assert failure("http", config(server, read_seconds=0.3)).kind == "unknown"


def test_it_waits_no_longer_than_its_time() -> None:
    with serving(misbehaving.hangs_after_reading) as server:
        assert failure("http", config(server), context=Calling(seconds=0.5)).kind == "unknown"


def test_without_time_nothing_is_called(server: Server) -> None:
    assert isinstance(failure("http", config(server), context=Calling(seconds=0)), OutOfTime)
    assert server.connections == 0


def test_private_addresses_are_not_called_by_default(server: Server) -> None:
    assert failure("http", {"url": server.url}).kind == "configuration"
    assert server.connections == 0


JSON = {"success_pointer": "/result/ok"}
XML = {"success_xpath": "/s:r/s:ok", "namespaces": {"s": "urn:s"}}


@pytest.mark.parametrize(
    ("body", "check", "kind"),
    [
        (b'{"result": {"ok": true}}', JSON, None),
        (b'{"result": {"ok": false}}', JSON, "permanent"),
        (b'{"result": {}}', JSON, "permanent"),
        (b'{"result": {"ok": true}}', JSON | {"success_value": "true"}, None),
        (b'{"result": {"ok": 0}}', JSON | {"success_value": "0"}, None),
        (b'{"result": {"ok": "no"}}', JSON | {"success_value": "yes"}, "permanent"),
        (b"<html/>", JSON, "unknown"),
        (b"<r xmlns='urn:s'><ok>yes</ok></r>", XML | {"success_value": "yes"}, None),
        (b"<r xmlns='urn:s'><ok>no</ok></r>", XML | {"success_value": "yes"}, "permanent"),
        (b"<r xmlns='urn:s'/>", XML, "permanent"),
        (b"<!DOCTYPE r [<!ENTITY e 'yes'>]><r>&e;</r>", XML, "unknown"),
        (b"", XML, "unknown"),
        (b"<r/>", {"success_xpath": "/r[x:y]"}, "unknown"),
    ],
)
def test_the_answer_may_have_to_say_that_it_is_done(
    body: bytes, check: dict[str, object], kind: str | None
) -> None:
    with serving(answers(200, body)) as server:
        if kind is None:
            handle("http", config(server, **check))
        else:
            assert failure("http", config(server, **check)).kind == kind


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://a/"},
        {"url": "http://user:word@a/"},
        {"url": "http://{{ record.source_key }}/"},
        {"url": "http://a:99999/"},
        {"url": "https://a/{{ record.source_key"},
        {"body": "{% if %}"},
        {"headers": "Authorization: Basic abc"},
        {"headers": "Host: b"},
        {"headers": "no header"},
        {"success_xpath": "/a["},
        {"success_xpath": "/x:a"},
        {"success_xpath": "/a/b:c", "namespaces": {"a": "urn:a"}},
        {"success_xpath": "none()"},
        {"success_xpath": "namespace::*"},
        {"success_xpath": "/a/namespace::*"},
        {"auth_secret": "lower case"},
        {"unknown": True},
        {"proxy": "http://user:word@proxy/"},
    ],
)
def test_what_makes_no_sense_cannot_be_configured(wrong: dict[str, object]) -> None:
    assert failure("http", {"url": "http://a/"} | wrong).kind == "configuration"
