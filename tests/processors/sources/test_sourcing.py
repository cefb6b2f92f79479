"""Where the records of a processor come from: chosen by operators and programs, and read."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.processors.repository import sources
from tests.processors.sources.conftest import Source
from tests.processors.test_api import Robot
from tests.processors.test_pages import fields, send
from tests.support import processing
from tests.support.accounts import bearer, member
from tests.support.pages import HTML, look, press
from tests.support.people import operator, program
from tests.support.records import start_worker, wait_for_status
from tests.support.rows import scalar
from tests.support.workers import Workers, wait_for

PAGE, ACTION = "/processors/letters", "/processors/letters/source"
TABLE = {
    "connection": "ERP", "schema": "public", "table": "Letters; --", "key": "id",
    "status_column": "state", "status_new": "NEW", "status_taken": "TAKEN",
    "columns": ["id", "town"],
}  # fmt: skip
SENT = {f"source.{name}": value for name, value in TABLE.items() if isinstance(value, str)} | {
    "source": "postgresql", "source.columns": "id\n town \n",
}  # fmt: skip
BY_MARK = {
    name: value for name, value in TABLE.items() if not name.startswith("status")
} | {"mark_column": "changed_at", "mark_overlap": 60}  # fmt: skip


@pytest.fixture
def boss(app: Flask) -> FlaskClient:
    """Return the browser of an operator of one processor."""
    processing.processor()
    return operator(app)


@pytest.fixture
def robot(app: Flask) -> Robot:
    """Return a program with an operator's token."""
    return Robot(program(app), bearer(member("robot", role="operator"), "operate"))


def kept() -> Any:
    """Return what is configured."""
    return scalar("SELECT source_config FROM processors")


def test_rows_of_another_database_are_handled_and_marked_there(
    boss: FlaskClient, source: Source, workers: Workers
) -> None:
    source.add(1, 2, 3)
    assert "The source is saved" in send(boss, PAGE, ACTION, **SENT)
    send(boss, PAGE, f"{PAGE}/parameters", pause_seconds="0.2", batch_size="2")
    start_worker(workers)
    press(boss, f"{PAGE}/start")

    wait_for_status("done", 3)
    assert source.states() == ["TAKEN"] * 3
    source.add(4)
    wait_for_status("done", 4)
    wait_for(lambda: source.states() == ["TAKEN"] * 4)


def test_that_it_cannot_be_read_is_told_until_it_can(
    boss: FlaskClient, source: Source, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = source.url
    source.add(1)
    send(boss, PAGE, ACTION, **SENT)
    monkeypatch.setenv("CONNECTION_ERP", "postgresql://u@127.0.0.1:1/erp")
    worker = start_worker(workers)
    press(boss, f"{PAGE}/start")

    told = "The source database “ERP” does not answer, or not in time."
    wait_for(lambda: scalar("SELECT count(*) FROM cycles WHERE error IS NOT NULL"))
    page = look(boss, PAGE).text
    assert "cannot be read" in page
    assert page.count(told) == 2, "beside the state, and beside the cycle"
    worker.kill()
    monkeypatch.setenv("CONNECTION_ERP", url)
    start_worker(workers)
    processing.change("letters", next_cycle_at="2026-01-01T00:00:00Z")
    wait_for_status("done", 1)
    assert look(boss, PAGE).text.count(told) == 1


def test_what_was_written_stands_there_again(boss: FlaskClient) -> None:
    send(boss, PAGE, ACTION, **SENT)

    assert kept() == TABLE
    again = fields(look(boss, PAGE).text, ACTION)
    assert {name: text for name, text in again.items() if text} == {
        "csrf_token": again["csrf_token"], "version": "1", **SENT, "source.columns": "id\ntown",
    }  # fmt: skip
    send(boss, PAGE, ACTION, source="inbox")
    assert scalar("SELECT source FROM processors") == "inbox"
    assert kept() == TABLE


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("connection", "", "This cannot be empty."),
        ("connection", "../erp", "This has to be like ^[A-Z][A-Z0-9_]*$."),
        ("status_new", "", "This cannot be empty."),
        ("status_column", "", "Rows that are new are found by their status or by a mark"),
        ("mark_overlap", "-1", "This takes at least 0."),
        ("mark_overlap", "x", "This takes a number."),
        ("body", "raw", "A record is some columns or the content of one"),
        ("key", "a\0b", "There is a sign in it that no text can hold."),
        ("table", "x" * 64, "This takes at most 63 characters."),
    ],
)
def test_what_is_no_table_is_told(field: str, text: str, told: str, boss: FlaskClient) -> None:
    sent = fields(look(boss, PAGE).text, ACTION) | SENT | {f"source.{field}": text}

    answer = boss.post(ACTION, data=sent, headers=HTML)
    assert answer.status_code == 422
    assert told in answer.text
    if "\0" not in text:
        assert fields(answer.text, ACTION)[f"source.{field}"] == text
    assert fields(answer.text, ACTION)["source"] == "postgresql"
    assert kept() == {}


def test_it_is_changed_only_while_the_processor_is_stopped(boss: FlaskClient) -> None:
    press(boss, f"{PAGE}/start")

    sent = fields(look(boss, PAGE).text, ACTION) | SENT
    answer = boss.post(ACTION, data=sent, headers=HTML)
    assert answer.status_code == 409
    assert "Stop it first" in answer.text
    assert kept() == {}
    press(boss, f"{PAGE}/stop")
    assert boss.post(ACTION, data=sent).status_code == 303
    assert boss.post(ACTION, data=sent).status_code == 409, "somebody else has changed it"


@pytest.mark.parametrize(
    ("change", "mark"),
    [
        ({"mark_overlap": 5}, "2026"), ({"key": "town"}, "2026"), ({"table": "others"}, None),
        ({"mark_column": "id"}, None), ({"connection": "CRM"}, None), ({"schema": "old"}, None),
    ],
)  # fmt: skip
def test_another_table_is_read_from_its_beginning(
    change: dict[str, Any], mark: str | None, robot: Robot
) -> None:
    processing.processor()
    robot.ask("PATCH", "/letters/source", version=0, source="postgresql", config=BY_MARK)
    processing.change("letters", source_mark="2026")

    robot.ask("PATCH", "/letters/source", version=1, config=BY_MARK | change)
    assert scalar("SELECT source_mark FROM processors") == mark


def test_a_mark_of_the_table_before_is_not_noted(conn: db.Connection) -> None:
    processor_id = processing.processor()
    before = sources.find(conn, processor_id)
    assert before is not None

    assert sources.set_mark(conn, processor_id, before, "1")
    assert sources.change(conn, processor_id, 0, before._replace(config=BY_MARK, mark=None))
    assert not sources.set_mark(conn, processor_id, before, "2")


def test_a_program_chooses_it_as_well(robot: Robot) -> None:
    processing.processor()
    assert robot.ask("GET", "/letters")["source"] == {"source": "inbox", "config": {}}

    told = robot.ask("PATCH", "/letters/source", version=0, source="postgresql", config=TABLE)
    assert told["source"] == {"source": "postgresql", "config": TABLE}
    assert told["version"] == 1
    told = robot.ask("PATCH", "/letters/source", version=1, source="inbox")
    assert told["source"] == {"source": "inbox", "config": TABLE}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"source": "odd"}, "source"), ({"config": []}, "config"), ({"odd": 1}, "odd"),
        ({"version": None}, "version"), ({"version": True}, "version"),
        ({"source": []}, "source"), ({"config": TABLE | {"key": 1}}, "key"),
        ({"config": TABLE | {"status_new": None}}, "status_new"),
    ],
)  # fmt: skip
def test_what_a_program_sends_wrongly_is_named(
    body: dict[str, Any], field: str, robot: Robot
) -> None:
    processing.processor()
    sent = {"version": 0, "source": "postgresql", "config": TABLE} | body

    assert list(robot.ask("PATCH", "/letters/source", 422, **sent)["errors"]) == [field]
    for config in ({}, TABLE | {"odd": 1}, TABLE | {"mark_overlap": float("nan")}):
        robot.ask("PATCH", "/letters/source", 422, version=0, source="postgresql", config=config)
    assert kept() == {}


def test_the_audit_says_what_changed(boss: FlaskClient) -> None:
    send(boss, PAGE, ACTION, **SENT)
    send(boss, PAGE, ACTION, **{"source.table": "others"})

    assert scalar("SELECT after FROM processor_audit ORDER BY id DESC LIMIT 1") == {
        "table": "others"
    }
    assert "changed where records come from" in look(boss, f"{PAGE}/audit").text
