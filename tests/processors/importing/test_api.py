"""Records from programs: one or many, all or none, each once."""

import json
from typing import Any

import pytest
from flask import Flask

from app_srvc.accounts import viewing
from app_srvc.processors.importing import api, bodies
from tests.processors.importing.support import add_processor, operator, payload, robot
from tests.support.accounts import bearer, member
from tests.support.people import program
from tests.support.rows import scalar

PATH = "/api/processors/letters/records"


def post(app: Flask, body: bytes, query: str = "", **headers: str) -> Any:
    """Send a body as an operator's program does."""
    sent = {"Content-Type": "text/xml", **robot(), **headers}
    return program(app).post(PATH + query, data=body, headers=sent)


def post_many(app: Flask, *records: object) -> Any:
    """Send records as JSON."""
    body = json.dumps({"records": records}).encode()
    return post(app, body, **{"Content-Type": "application/json"})


@pytest.mark.parametrize(("query", "headers"), [("?key=a-1", {}), ("", {"Idempotency-Key": "a-1"})])
def test_one_record_is_new_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch, query: str, headers: dict[str, str]
) -> None:
    add_processor()
    robots = robot()
    sent = {"Content-Type": "text/xml", **robots, **headers}
    client: Any = program(app)

    first = client.post(PATH + query + ("&" if query else "?") + "order_key=7", data=b"<a/>",
                        headers=sent)  # fmt: skip
    assert first.status_code == 201
    again = client.post(PATH + query, data=b"<a/>", headers=sent)
    assert again.status_code == 200
    assert again.json["records"] == [
        {"id": first.json["records"][0]["id"], "key": "a-1", "new": False, "differs": False}
    ]
    other = client.post(PATH + query, data=b"<b/>", headers=sent)
    assert (other.status_code, other.json["records"][0]["differs"]) == (200, True)
    assert payload("a-1") == b"<a/>"
    assert scalar("SELECT media_type FROM record_payloads") == "text/xml"
    assert scalar("SELECT order_key FROM records") == "7"


def test_without_a_key_the_content_is_the_key(app: Flask) -> None:
    add_processor()

    told = post(app, bytes(range(256)), **{"Content-Type": "application/x-www-form-urlencoded"})
    assert told.json["records"][0]["key"].startswith("sha256:")
    assert payload(told.json["records"][0]["key"]) == bytes(range(256))


def test_json_is_one_record_unless_it_lists_records(app: Flask) -> None:
    add_processor()
    as_json = {"Content-Type": "application/json"}

    assert post(app, b'{"records": 1, "x": 2}', **as_json).json["added"] == 1


def test_json_with_a_key_is_one_record_whatever_is_in_it(app: Flask) -> None:
    add_processor()

    post(app, b'{"records": []}', "?key=a", **{"Content-Type": "application/json"})
    assert payload("a") == b'{"records": []}'


def test_many_are_taken_in_with_what_each_says(app: Flask) -> None:
    add_processor()

    told = post_many(
        app,
        {"key": "a", "order_key": "o", "media_type": "text/xml", "body": "<ї/>"},
        {"key": "b", "json": {"x": ["ї", None]}},
        {"key": "c", "json": None},
        {"json": {"half": "\ud800"}},
        {"key": "b", "json": {"x": ["ї", None]}},
    )
    assert told.status_code == 201
    assert [one["new"] for one in told.json["records"]] == [True] * 4
    assert (told.json["added"], told.json["known"]) == (4, 0)
    assert payload("a").decode() == "<ї/>"
    assert payload("b").decode() == '{"x":["ї",null]}'
    assert payload("c") == b"null"


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ("text", "records[1]"),
        ({}, "records[1].body"),
        ({"body": "x", "json": 1}, "records[1].body"),
        ({"body": ""}, "records[1].body"),
        ({"body": 7}, "records[1].body"),
        ({"body": "\ud800"}, "records[1].body"),
        ({"body": "x" * 5_000_001}, "records[1]"),
        ({"body": "x", "key": ""}, "records[1].key"),
        ({"body": "x", "key": 7}, "records[1].key"),
        ({"body": "x", "key": "\0"}, "records[1].key"),
        ({"body": "x", "key": "k" * 501}, "records[1].key"),
        ({"body": "x", "key": "a"}, "records[1].key"),
        ({"body": "x", "order_key": " "}, "records[1].order_key"),
        ({"body": "x", "media_type": "ї"}, "records[1].media_type"),
        ({"body": "x", "extra": 1}, "records[1].extra"),
    ],
)
def test_one_that_is_wrong_keeps_all_out(app: Flask, record: object, field: str) -> None:
    add_processor()

    told = post_many(app, {"key": "a", "json": 1}, record)
    assert told.status_code == 422
    assert list(told.json["errors"]) == [field]
    assert scalar("SELECT count(*) FROM records") == 0


@pytest.mark.parametrize("value", [[], 7, None, [{"json": 1}] * (bodies.MOST_RECORDS + 1)])
def test_no_records_and_too_many_are_refused(app: Flask, value: object) -> None:
    add_processor()
    body = json.dumps({"records": value}).encode()

    told = post(app, body, **{"Content-Type": "application/json"})
    assert (told.status_code, list(told.json["errors"])) == (422, ["records"])


@pytest.mark.parametrize(
    ("body", "query", "field"),
    [
        (b"", "", "body"),
        (b"x", "?key=", "key"),
        (b"x", "?key=%00", "key"),
        (b"x", "?order_key=", "order_key"),
        (b"x" * 5_000_001, "", "body"),
    ],
)
def test_one_that_is_wrong_is_told_by_field(
    app: Flask, body: bytes, query: str, field: str
) -> None:
    add_processor()

    told = post(app, body, query)
    assert (told.status_code, list(told.json["errors"])) == (422, [field])


def test_what_is_no_json_is_told(app: Flask) -> None:
    add_processor()

    assert post(app, b"{", **{"Content-Type": "application/json"}).status_code == 422


def test_too_large_a_body_is_refused_before_it_is_read(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_processor()
    monkeypatch.setattr(api, "LARGEST_BODY", 1000)

    assert post(app, b"x" * 1001).status_code == 413


def test_only_operators_tokens_for_operating_open_it(app: Flask) -> None:
    add_processor()
    headers = bearer(member("reader", role="operator"), viewing.SUBMIT)

    answer = program(app).post(PATH, data=b"x", headers=headers)
    assert answer.status_code == 404
    assert post(app, b"x", "").status_code == 201
    assert program(app).post(PATH, data=b"x").status_code == 401


def test_a_page_of_another_site_cannot_send_records_with_an_operators_cookie(app: Flask) -> None:
    add_processor()

    answer = operator(app).post(PATH, data=b"x", content_type="text/plain")
    assert answer.status_code == 400
    assert scalar("SELECT count(*) FROM records") == 0


def test_there_is_no_such_processor(app: Flask) -> None:
    assert post(app, b"x").status_code == 404
