"""The page of a record: what is in it, what became of it, and the change of it."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.processors.records import payload
from tests.support import processing
from tests.support.accounts import logged_in, member
from tests.support.pages import HTML, look, press, token
from tests.support.rows import scalar


@pytest.fixture
def olena(app: Flask) -> FlaskClient:
    """Return the browser of an operator with an account."""
    return logged_in(app, member("olena", role="operator"))


def content(client: FlaskClient, record_id: int) -> str:
    """Return what is shown of what is in a record."""
    page = look(client, f"/processors/letters/records/{record_id}").text
    found = re.search(r'<pre class="payload"[^>]*><bdi>(.*?)</bdi></pre>', page, re.DOTALL)
    return unescape(found[1]) if found else ""


def edit(client: FlaskClient, record_id: int, body: str, versions: str = "0") -> int:
    """Change what is in a record, and return the answer's status."""
    data = {"csrf_token": token(client), "body": body, "versions": versions}
    path = f"/processors/letters/records/{record_id}/payload"
    return client.post(path, data=data, headers=HTML).status_code


def test_the_page_says_that_what_was_done_is_undone_first(olena: FlaskClient) -> None:
    (record_id,) = processing.boxed(processing.processor(), 1, "transient")
    path = f"/processors/letters/records/{record_id}"
    assert "is undone first" not in look(olena, path).text
    with db.transaction() as conn:
        conn.cursor().execute("UPDATE records SET given_up = true")

    assert "It has failed for good: what was done is undone first." in look(olena, path).text


@pytest.mark.parametrize(
    ("media_type", "body", "shown"),
    [
        ("application/xml", b"<a><b>1</b></a>", "<a>\n  <b>1</b>\n</a>"),
        ("application/soap+xml; charset=utf-8", "<a>ї</a>".encode(), "<a>ї</a>"),
        ("application/xml", '<?xml version="1.0" encoding="windows-1251"?><a>ї</a>'
            .encode("cp1251"), "<a>ї</a>"),
        ("application/xml", b"<a><b></a>", "<a><b></a>"),
        ("application/json", '{"a": "ї"}'.encode(), '{\n  "a": "ї"\n}'),
        ("Application/JSON", b"[1]", "[\n  1\n]"),
        ("application/json", b"{odd", "{odd"),
        ("text/plain", b"<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("application/pdf", b"\xff\x00", ""),
    ],
)  # fmt: skip
def test_what_is_in_it_is_laid_out_for_reading(
    media_type: str, body: bytes, shown: str, olena: FlaskClient
) -> None:
    (record_id,) = processing.add(processing.processor(), "a", body=body, media_type=media_type)

    assert content(olena, record_id) == shown
    download = look(olena, f"/processors/letters/records/{record_id}/payload")
    assert download.data == body
    assert download.content_type == "application/octet-stream"


def test_xml_points_at_nothing_on_this_server(olena: FlaskClient) -> None:
    body = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    (record_id,) = processing.add(processing.processor(), "a", body=body)

    assert content(olena, record_id) == body.decode()


def test_of_what_is_large_the_beginning_is_shown(olena: FlaskClient) -> None:
    body = b"<a>" + "ї".encode() * payload.SHOWN_BYTES + b"</a>"
    (record_id,) = processing.add(processing.processor(), "a", body=body)

    assert len(content(olena, record_id)) < payload.SHOWN_BYTES
    assert (
        "Only the beginning is shown."
        in look(olena, f"/processors/letters/records/{record_id}").text
    )


def test_a_late_report_stands_out(olena: FlaskClient) -> None:
    processor_id = processing.processor()
    (record_id,) = processing.add(processor_id, "a")
    processing.claim(processor_id)
    (taken,) = processing.take(processor_id)
    processing.lose(taken)

    page = look(olena, f"/processors/letters/records/{record_id}").text
    assert "reported late as done, by a worker that had lost it" in page
    assert "look at the other side whether it was done twice" in page
    assert 'class="late-done"' in page


def test_a_change_keeps_what_was_there_and_says_by_whom(olena: FlaskClient) -> None:
    (record_id,) = processing.boxed(processing.processor(), 1)

    assert edit(olena, record_id, "<letter>\r\n<to>Ann</to></letter>") == 303
    assert bytes(scalar("SELECT body FROM record_payloads")) == b"<letter>\n<to>Ann</to></letter>"
    page = look(olena, f"/processors/letters/records/{record_id}").text
    assert "changed by olena" in page
    before = look(olena, f"/processors/letters/records/{record_id}/payload?version=1")
    assert before.data == processing.XML
    # Nothing that is in a record stands in the audit.
    assert scalar("SELECT before || after FROM processor_audit WHERE action = 'edit'") == {
        "bytes": 30
    }


def test_what_is_not_well_formed_is_refused_and_kept_in_the_form(olena: FlaskClient) -> None:
    (record_id,) = processing.boxed(processing.processor(), 1)
    data = {"csrf_token": token(olena), "body": "<a>\n<b></a>", "versions": "0"}

    answer = olena.post(f"/processors/letters/records/{record_id}/payload", data=data, headers=HTML)
    assert answer.status_code == 422
    assert "This is not well-formed: look at line 2." in answer.text
    assert "&lt;a&gt;\n&lt;b&gt;&lt;/a&gt;</textarea>" in answer.text
    assert scalar("SELECT count(*) FROM record_payload_versions") == 0


def test_of_two_who_change_it_the_second_is_told(olena: FlaskClient) -> None:
    (record_id,) = processing.boxed(processing.processor(), 1)

    assert edit(olena, record_id, "<a/>") == 303
    assert edit(olena, record_id, "<b/>") == 409
    for no_version in ("odd", "9" * 5000):
        assert edit(olena, record_id, "<b/>", no_version) == 409
    assert edit(olena, record_id, "<b/>", "1") == 303
    assert scalar("SELECT count(*) FROM record_payload_versions") == 2


def test_what_is_in_work_is_not_changed(olena: FlaskClient) -> None:
    processor_id = processing.processor()
    (record_id,) = processing.add(processor_id, "a")
    processing.claim(processor_id)

    assert edit(olena, record_id, "<a/>") == 409
    assert (
        "It can be changed when it is not in work."
        in look(olena, f"/processors/letters/records/{record_id}").text
    )


def test_encodings_and_line_ends_stay_what_they_were(olena: FlaskClient) -> None:
    head = '<?xml version="1.0" encoding="windows-1251"?>\r\n'
    (record_id,) = processing.add(
        processing.processor(), "a", body=f"{head}<a>ї</a>".encode("cp1251")
    )

    assert edit(olena, record_id, f"{head}<a>її</a>") == 303
    assert bytes(scalar("SELECT body FROM record_payloads")) == f"{head}<a>її</a>".encode("cp1251")
    assert edit(olena, record_id, f"{head}<a>中</a>", "1") == 422


def test_a_record_is_found_by_its_key(olena: FlaskClient) -> None:
    (record_id,) = processing.add(processing.processor(), "a/b ї")

    found = look(olena, "/processors/letters/records/find?key=a/b%20%D1%97")
    assert found.location == f"/processors/letters/records/{record_id}"
    nothing = look(olena, "/processors/letters/records/find?key=%00")
    assert "There is no record with that key." in look(olena, nothing.location).text


def test_what_is_archived_is_found_as_well(olena: FlaskClient) -> None:
    record_id = processing.archived("a", processing.processor())

    found = look(olena, "/processors/letters/records/find?key=a")
    assert found.location == f"/processors/letters/records/{record_id}"
    page = look(olena, found.location).text
    assert "done, archived" in page
    assert 'action="/processors' not in page
    processing.processor("others")
    assert look(olena, f"/processors/others/records/{record_id}").status_code == 404


def trial(client: FlaskClient, handler: str, config: str, body: bytes = processing.XML) -> str:
    """Try a record out with a handler, and return what is told."""
    processor_id = processing.processor(handler=handler, config=config)
    (record_id,) = processing.add(processor_id, "a", body=body)
    data = {"csrf_token": token(client)}
    path = f"/processors/letters/records/{record_id}/try"
    return client.post(path, data=data, headers=HTML, follow_redirects=True).text


def test_a_call_is_shown_and_not_made(olena: FlaskClient) -> None:
    page = trial(olena, "http", '{"url": "https://example.org/letters"}')

    assert "POST https://example.org/letters" in page
    assert scalar("SELECT status || attempts FROM records") == "new0"


def test_what_would_come_of_it_is_shown(olena: FlaskClient) -> None:
    page = trial(olena, "log", "{}")

    assert "It would be done." in page
    assert "application/xml, 60 bytes" in page


def test_why_it_would_fail_is_shown(olena: FlaskClient) -> None:
    xsd = (
        '<schema xmlns=\\"http://www.w3.org/2001/XMLSchema\\"><element name=\\"other\\"/></schema>'
    )

    assert "It would fail:" in trial(olena, "xml.validate", f'{{"xsd": "{xsd}"}}')


def test_what_cannot_be_tried_out_says_why(olena: FlaskClient) -> None:
    assert "This server has no handler “gone”." in trial(olena, "gone", "{}")
    press(olena, "/processors/letters/delete")
    large = b"x" * 2_000_001
    assert "It is too large to be tried out here." in trial(olena, "log", "{}", large)
