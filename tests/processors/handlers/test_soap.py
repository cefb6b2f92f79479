"""Calling a service that speaks SOAP."""

import pytest

from app_srvc.processors.handlers import safe_xml
from app_srvc.processors.handlers.protocol import Payload
from tests.support.handling import KEY, SECRET_TEXT, failure, handle, record
from tests.support.misbehaving import CUT_BY_LENGTH, Server, answers, serving

NAMESPACES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}


def envelope(inside: str, version: str = "1.1") -> bytes:
    """Return an envelope with this in its body."""
    return (
        f'<e:Envelope xmlns:e="{NAMESPACES[version]}"><e:Header/>'
        f"<e:Body>{inside}</e:Body></e:Envelope>"
    ).encode()


def fault(code: str, version: str = "1.1") -> bytes:
    """Return an envelope with a fault."""
    if version == "1.1":
        inside = f"<faultcode>{code}</faultcode><faultstring>{SECRET_TEXT}</faultstring>"
    else:
        inside = f"<e:Code><e:Value>{code}</e:Value></e:Code>"
    return envelope(f"<e:Fault>{inside}</e:Fault>", version)


def config(server: Server, **more: object) -> dict[str, object]:
    """Return what is configured at least to reach it."""
    return {"url": server.url + "/soap", "private": True, **more}


def test_the_record_is_put_into_an_envelope_and_the_answer_taken_out() -> None:
    with serving(answers(200, envelope('<a:done xmlns:a="urn:a">1</a:done>'))) as server:
        done = handle("soap", config(server, action="urn:a/Do"), record(b"<b:do xmlns:b='urn:b'/>"))

    received = server.received[0]
    root = safe_xml.parse(received.body)
    assert [child.tag for child in root[0]] == ["{urn:b}do"]
    assert root.tag == f"{{{NAMESPACES['1.1']}}}Envelope"
    assert received.headers["content-type"] == "text/xml; charset=utf-8"
    assert received.headers["soapaction"] == '"urn:a/Do"'
    assert received.headers["idempotency-key"] == f'"{KEY}"'
    assert done.output is not None
    assert safe_xml.parse(done.output.body).tag == "{urn:a}done"


def test_soap_1_2_names_its_action_elsewhere() -> None:
    with serving(answers(200, envelope("<done/>", "1.2"))) as server:
        handle("soap", config(server, version="1.2", action="urn:a/Do"))

    received = server.received[0]
    assert received.headers["content-type"] == (
        'application/soap+xml; charset=utf-8; action="urn:a/Do"'
    )
    assert "soapaction" not in received.headers
    assert safe_xml.parse(received.body).tag == f"{{{NAMESPACES['1.2']}}}Envelope"


def test_an_envelope_is_sent_as_it_is() -> None:
    with serving(answers(200, envelope("<done/>"))) as server:
        handle("soap", config(server), record(envelope("<do/>")))

    root = safe_xml.parse(server.received[0].body)
    assert [child.tag.rpartition("}")[2] for child in root] == ["Header", "Body"]
    assert [child.tag for child in root[1]] == ["do"]


def test_a_template_makes_the_body() -> None:
    nasty = record(b'{"a": "</do><admin/>"}', "application/json")
    with serving(answers(202)) as server:
        done = handle("soap", config(server, body="<do>{{ record.json.a }}</do>"), nasty)

    assert safe_xml.parse(server.received[0].body).findtext(".//do") == "</do><admin/>"
    assert (done.output, done.http_status) == (None, 202)


@pytest.mark.parametrize(
    ("status", "version", "code", "kind"),
    [
        (500, "1.1", "e:Client", "permanent"),
        (500, "1.1", "e:Client.Authentication", "permanent"),
        (500, "1.1", "Server", "transient"),
        (500, "1.1", "e:VersionMismatch", "configuration"),
        (500, "1.1", "e:MustUnderstand", "configuration"),
        (500, "1.1", "x:Whatever", "transient"),
        (200, "1.1", "e:Client", "permanent"),
        (500, "1.2", "e:Sender", "permanent"),
        (400, "1.2", "e:Sender", "permanent"),
        (500, "1.2", "e:Receiver", "transient"),
        (500, "1.2", "e:DataEncodingUnknown", "configuration"),
        (401, "1.1", "e:Client", "configuration"),
        (503, "1.1", "e:Client", "transient"),
    ],
)
def test_a_fault_says_whose_it_is(status: int, version: str, code: str, kind: str) -> None:
    with serving(answers(status, fault(code, version))) as server:
        failed = failure("soap", config(server, version=version))

    assert (failed.kind, failed.http_status) == (kind, status)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, b"", "transient"),
        (500, b"<html/>", "transient"),
        (500, b"<!DOCTYPE a>" + fault("e:Client"), "transient"),
        (400, b"no XML", "permanent"),
        (200, b"<html/>", "unknown"),
        (200, b"<!DOCTYPE a>" + envelope("<done/>"), "unknown"),
        (504, b"", "unknown"),
    ],
)
def test_what_is_no_soap_is_judged_by_its_status(status: int, body: bytes, kind: str) -> None:
    with serving(answers(status, body)) as server:
        assert failure("soap", config(server)).kind == kind


def test_a_cut_answer_means_unknown() -> None:
    with serving(CUT_BY_LENGTH) as server:
        assert failure("soap", config(server)).kind == "unknown"


def test_what_is_no_xml_is_not_sent() -> None:
    with serving(answers(200)) as server:
        assert failure("soap", config(server), record(b"{}")).kind == "permanent"
        hostile = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>'
        assert failure("soap", config(server), record(hostile)).kind == "permanent"

    assert server.connections == 0


def test_an_empty_body_hands_nothing_on() -> None:
    with serving(answers(200, envelope("<!-- nothing -->"))) as server:
        assert handle("soap", config(server)).output is None


def test_the_answer_is_a_payload_of_xml() -> None:
    with serving(answers(200, envelope("<done/>"))) as server:
        output = handle("soap", config(server)).output

    head = b"<?xml version='1.0' encoding='UTF-8'?>\n"
    assert output is not None
    assert output == Payload("application/xml", output.body)
    assert output.body.startswith(head + b"<done")
