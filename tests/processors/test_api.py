"""Processors for programs."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import processing
from tests.support.accounts import bearer, member
from tests.support.people import program
from tests.support.rows import scalar


class Robot:
    """A program with an operator's token."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    def ask(self, method: str, path: str = "", expected: int = 200, /, **json: Any) -> Any:
        """Ask, and return the JSON of the answer."""
        answer = self.client.open(
            f"/api/processors{path}", method=method, headers=self.headers,
            json=json if method in {"PATCH", "POST"} else None,
        )  # fmt: skip
        assert answer.status_code == expected, answer.text
        return answer.json


@pytest.fixture
def robot(app: Flask) -> Robot:
    """Return it."""
    return Robot(program(app), bearer(member("robot", role="operator"), "operate"))


def test_only_a_token_for_operators_opens_it(app: Flask) -> None:
    processing.processor()
    boss, plain = member("boss", role="operator"), member("plain")

    def status(headers: dict[str, str]) -> int:
        return program(app).get("/api/processors", headers=headers).status_code

    assert status({}) == 401
    assert status(bearer(boss, "read", "submit")) == 404
    assert status(bearer(plain, "operate")) == 404
    assert status(bearer(boss, "operate")) == 200


def test_the_list_says_how_each_stands(robot: Robot) -> None:
    processing.boxed(processing.processor(), 2)
    processing.processor("others", desired="running")

    told = robot.ask("GET")
    assert told["served"] is False
    assert [(one["name"], one["state"]) for one in told["processors"]] == [
        ("letters", "stopped"), ("others", "waiting"),
    ]  # fmt: skip
    assert told["processors"][0]["counts"]["dead"] == 2
    assert told["processors"][0]["more"] == []
    processing.worker()
    assert robot.ask("GET")["served"] is True


def test_it_is_started_paused_stopped_and_run(robot: Robot) -> None:
    processing.processor()

    assert robot.ask("POST", "/letters/start")["desired"] == "running"
    assert robot.ask("POST", "/letters/start")["desired"] == "running"
    assert robot.ask("POST", "/letters/pause")["state"] == "paused"
    assert robot.ask("POST", "/letters/stop")["state"] == "stopped"
    assert robot.ask("POST", "/letters/run")["state"] == "once"
    assert scalar("SELECT string_agg(action, ',' ORDER BY id) FROM processor_audit") == (
        "start,pause,stop,run once"
    )
    robot.ask("POST", "/none/start", 404)
    robot.ask("POST", "/letters/odd", 404)


def test_what_cannot_be_started_says_why(robot: Robot) -> None:
    processing.processor(handler="gone")

    told = robot.ask("POST", "/letters/start", 409)
    assert told["detail"] == "This server has no handler “gone”."


def test_some_parameters_are_changed_and_the_others_stay(robot: Robot) -> None:
    processing.processor(in_order=True, rate=3)

    told = robot.ask("PATCH", "/letters", version=0, parallel=9, rate=None, pause_seconds=0.25)
    assert told["version"] == 1
    found = {key: told["parameters"][key] for key in ("parallel", "rate", "pause_seconds")}
    assert found == {"parallel": 9, "rate": None, "pause_seconds": 0.25}
    assert told["parameters"]["in_order"] is True
    assert robot.ask("PATCH", "/letters", version=1, in_order=False)["version"] == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parallel", 65), ("parallel", "x"), ("parallel", [1]), ("parallel", {}),
        ("parallel", True), ("in_order", "yes"), ("in_order", None), ("odd", 1),
        ("pause_seconds", -1), ("version", "x"), ("version", None), ("title", ""),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(field: str, value: object, robot: Robot) -> None:
    processing.processor()

    told = robot.ask("PATCH", "/letters", 422, **{"version": 0, field: value})
    assert list(told["errors"]) == [field]


def test_a_version_is_needed_and_an_old_one_is_refused(robot: Robot) -> None:
    processing.processor()

    assert list(robot.ask("PATCH", "/letters", 422, parallel=3)["errors"]) == ["version"]
    robot.ask("PATCH", "/letters", version=0, parallel=3)
    assert "Somebody else" in robot.ask("PATCH", "/letters", 409, version=0, parallel=4)["detail"]
    answer = robot.client.patch("/api/processors/letters", headers=robot.headers, json=[1])
    assert answer.status_code == 422


def test_boxes_are_listed_and_let_go_on(robot: Robot) -> None:
    processor_id = processing.processor()
    first, *_others = processing.boxed(processor_id, 3)
    (unknown,) = processing.boxed(processor_id, 1, "unknown")

    page = robot.ask("GET", "/letters/records?status=dead&limit=2")
    assert [one["key"] for one in page["records"]] == ["permanent-2", "permanent-1"]
    following = page["next"].removeprefix("/api/processors")
    rest = robot.ask("GET", following)
    assert [one["id"] for one in rest["records"]] == [first]
    assert rest["next"] is None
    done = {"changed": 1, "complete": True}
    assert robot.ask("POST", "/letters/records/replay", ids=[first]) == done
    assert robot.ask("POST", "/letters/records/done", ids=[unknown]) == done
    again = robot.ask("POST", "/letters/records/replay", status="dead", key="new", q="permanent")
    assert again == {"changed": 2, "complete": True}


@pytest.mark.parametrize(
    "body",
    [{}, {"ids": []}, {"ids": ["x"]}, {"ids": [-1]}, {"ids": [True]}, {"status": "odd"},
     {"status": "dead", "key": "odd"}, {"status": "dead", "http": "x"}],
)  # fmt: skip
def test_what_cannot_be_let_go_on_is_refused(body: dict[str, Any], robot: Robot) -> None:
    processing.boxed(processing.processor(), 1)

    robot.ask("POST", "/letters/records/replay", 422, **body)
    assert scalar("SELECT count(*) FROM records WHERE status = 'dead'") == 1
