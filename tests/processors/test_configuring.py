"""The form of a handler's configuration: made from its schema, and checked by it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc.processors import handlers
from tests.processors.test_pages import fields, send
from tests.support import processing
from tests.support.pages import HTML, look, press
from tests.support.people import operator
from tests.support.rows import scalar

ACTION = "/processors/letters/configuration"
PAGE = "/processors/letters"


@pytest.fixture
def boss(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """Return the browser of an operator on a server that knows one more handler."""
    monkeypatch.setenv("HANDLERS", "tests.support.configurable:Greeter")
    handlers._all.cache_clear()
    processing.processor(handler="greet")
    yield operator(app)
    monkeypatch.undo()
    handlers._all.cache_clear()


def test_each_property_is_a_field_of_its_kind(boss: FlaskClient) -> None:
    page = look(boss, PAGE).text

    assert "What is said." in page
    assert '<option value="loud">loud</option>' in page
    assert "As JSON." in page
    assert fields(page, ACTION) | {"csrf_token": ""} == {
        "csrf_token": "", "version": "0", "config.word": "", "config.times": "3",
        "config.share": "", "config.tone": "", "config.token": "", "config.data": "",
    }  # fmt: skip


def test_what_was_written_is_configured_and_stands_there_again(boss: FlaskClient) -> None:
    sent = {"word": "hello", "times": "4", "share": "0.5", "tone": "soft", "twice": "y",
            "data": '{"a": "ї"}'}  # fmt: skip

    page = send(boss, PAGE, ACTION, **{f"config.{name}": text for name, text in sent.items()})
    assert "The configuration is saved" in page
    assert scalar("SELECT config FROM processors") == {
        "word": "hello", "times": 4, "share": 0.5, "tone": "soft", "twice": True,
        "data": {"a": "ї"},
    }  # fmt: skip
    again = fields(look(boss, PAGE).text, ACTION)
    assert again["config.data"] == '{\n  "a": "ї"\n}'
    assert again["config.twice"] == "y"
    assert again["version"] == "1"

    send(boss, PAGE, ACTION, **{"config.word": "hello", "config.share": "1"})
    assert fields(look(boss, PAGE).text, ACTION)["config.share"] == "1"


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("word", "", "This cannot be empty."), ("word", "a", "This takes at least 2 characters."),
        ("word", "A1", "This has to be like ^[a-z]+$."), ("word", "boo", "Nobody says that."),
        ("times", "x", "This takes a number."), ("times", "0", "This takes at least 1."),
        ("times", "10", "This takes at most 9."), ("share", "0", "This takes more than 0."),
        ("data", "{\n", "This is no JSON: look at line 2."), ("data", '{"a": 1}', "At $.data.a: "),
        ("data", "[]", "At $.data: "),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_schema_is_told_beside_it(
    field: str, text: str, told: str, boss: FlaskClient
) -> None:
    sent = fields(look(boss, PAGE).text, ACTION) | {"config.word": "hello", f"config.{field}": text}

    answer = boss.post(ACTION, data=sent, headers=HTML)
    assert answer.status_code == 422
    assert told in answer.text
    assert fields(answer.text, ACTION)[f"config.{field}"] == text
    assert scalar("SELECT config FROM processors") == {}


def test_of_two_editors_the_second_is_told(boss: FlaskClient) -> None:
    seen = fields(look(boss, PAGE).text, ACTION) | {"config.word": "hello"}
    assert boss.post(ACTION, data=seen).status_code == 303

    answer = boss.post(ACTION, data=seen | {"config.word": "bye"}, headers=HTML)
    assert answer.status_code == 409
    again = fields(answer.text, ACTION)
    assert again["config.word"] == "bye"
    assert boss.post(ACTION, data=again).status_code == 303
    assert boss.post(ACTION, data=again | {"version": "odd"}).status_code == 400


def test_the_audit_names_what_changed_and_no_secret(boss: FlaskClient) -> None:
    send(boss, PAGE, ACTION, **{"config.word": "hello", "config.token": "s3cret"})
    send(boss, PAGE, ACTION, **{"config.word": "bye"})

    page = look(boss, "/processors/letters/audit").text
    assert "s3cret" not in page
    assert "&#34;hello&#34;" in page or '"hello"' in page
    assert scalar("SELECT after FROM processor_audit ORDER BY id DESC LIMIT 1") == {"word": "bye"}


def test_it_is_not_started_before_it_is_configured(boss: FlaskClient) -> None:
    press(boss, "/processors/letters/start")
    assert "The configuration is wrong at" in look(boss, PAGE).text

    send(boss, PAGE, ACTION, **{"config.word": "hello"})
    press(boss, "/processors/letters/start")
    assert scalar("SELECT desired FROM processors") == "running"
