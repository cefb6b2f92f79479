"""What is called is answered, and what is wrong is said so."""

from pathlib import Path

import pytest

from tests.support.calling import Calling
from tests.support.workers import wait_for


def test_a_call_is_answered_from_an_address_from_json_and_from_a_form(calling: Calling) -> None:
    asked = calling.call("hello", name="Ann")
    sent = calling.post("/call/hello", b'{"name": "Ann"}')
    filled_in = calling.post("/call/hello", b"name=Ann", "application/x-www-form-urlencoded")

    assert asked.status == 200
    assert asked.body == {"status": 200, "data": "Hello, Ann."}
    assert sent.body == filled_in.body == asked.body
    assert calling.call("hello").body["data"] == "Hello, world."


def test_parameters_have_types(calling: Calling) -> None:
    told = calling.post("/call/echo", b'{"number": 7, "text": "8", "flags": [true, false]}')
    asked = calling.get("/call/echo?number=-7&text=&flags=true&flags=no")

    assert told.body["data"] == {"number": 7, "text": "8", "flags": [True, False]}
    assert asked.body["data"] == {"number": -7, "text": "", "flags": [True, False]}


def test_functions_may_be_plain_or_asynchronous_whatever_they_are_called(calling: Calling) -> None:
    assert calling.call("nap", seconds=0).body["data"] == "rested"
    assert calling.call("doze", seconds=0.01).body["data"] == "rested"
    assert calling.call("prime", x=97).body["data"] is True
    assert calling.call("fibonacci", n=100).body["data"] == "354224848179261915075"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/call/prime", "x"),
        ("/call/prime?x=seven", "x"),
        ("/call/prime?x=7.5", "x"),
        ("/call/prime?x=1&x=2", "x"),
        ("/call/prime?x=1&y=2", "y"),
        (f"/call/prime?x={10**300}", "x"),
        (f"/call/prime?x={'9' * 3900}", "x"),
        ("/call/fibonacci?n=-1", "n"),
        ("/call/fibonacci?n=20001", "n"),
        ("/call/hello?level=10", "level"),
        ("/call/hello?level=-1", "level"),
        ("/call/hello?level=low", "level"),
        (f"/call/hello?name={'x' * 201}", "name"),
    ],
)
def test_a_wrong_parameter_is_named(calling: Calling, path: str, field: str) -> None:
    told = calling.get(path)

    assert told.status == 422
    assert list(told.body["errors"]) == [field]
    assert told.headers["Content-Type"] == "application/problem+json"


def test_all_that_is_wrong_is_told_at_once(calling: Calling) -> None:
    told = calling.get("/call/prime?x=seven&y=2&level=10")

    assert told.status == 422
    assert set(told.body["errors"]) == {"x", "y", "level"}


@pytest.mark.parametrize("body", [b"[1]", b"7", b"", b"{", b'{"x": ' + b"9" * 5000 + b"}"])
def test_a_body_that_is_no_object_is_refused(calling: Calling, body: bytes) -> None:
    assert calling.post("/call/prime", body).status == 422


def test_another_kind_of_body_is_refused(calling: Calling) -> None:
    assert calling.post("/call/prime", b"7", "text/plain").status == 415


@pytest.mark.parametrize("name", ["nobody", "a:b", "os.system", "results", "hello/"])
def test_an_unknown_name_is_not_found(calling: Calling, name: str) -> None:
    told = calling.call(name)

    assert told.status == 404
    assert told.body["status"] == 404


@pytest.mark.parametrize("call", ["odd", "odd_recorded"])
@pytest.mark.parametrize("kind", ["set", "object", "huge", "nan", "loop", "long"])
def test_an_answer_that_json_cannot_hold_is_an_error_that_says_so(
    calling: Calling, call: str, kind: str
) -> None:
    told = calling.call(call, kind=kind)

    assert told.status == 500
    assert "has returned" in told.body["detail"]


def test_large_numbers_and_nothing_are_answers(calling: Calling) -> None:
    assert calling.call("odd", kind="large").body["data"] == 2**70
    assert calling.call("odd_recorded", kind="large").body["data"] == 2**70
    assert calling.call("odd", kind="none").body == {"status": 200, "data": None}


def test_a_call_that_goes_wrong_inside_says_so_and_no_more(calling: Calling) -> None:
    told = calling.call("fail")

    assert told.status == 500
    assert "ValueError" in told.body["detail"]
    assert "secret-detail" not in str(told.body)
    assert calling.call("leave").status == 500
    assert calling.call("refuse").body["detail"] == "The moon is full."


def test_an_asynchronous_call_that_takes_too_long_is_ended(calling: Calling) -> None:
    before = calling.call("who").body["data"]

    assert "longer than it may" in calling.call("hang_asleep").body["detail"]
    assert calling.call("who").body["data"] == before


@pytest.mark.parametrize("call", ["nap", "long_nap"])
def test_a_call_that_is_not_ready_in_time_is_answered_later(calling: Calling, call: str) -> None:
    told = calling.call(call, seconds=6)

    assert told.status == 202
    assert told.headers["Location"] == told.body["result_url"]
    assert calling.get(told.body["result_url"]).status == 202
    wait_for(lambda: calling.get(told.body["result_url"]).status == 200)
    assert calling.get(told.body["result_url"]).body == {"status": 200, "data": "rested"}
    wait_for(lambda: calling.places(call) == 0)


def test_an_answer_is_its_owners_alone(calling: Calling) -> None:
    mine, other = calling.visitor(), calling.visitor()
    asked = [
        calling.pool.submit(calling.get, f"/call/{call}?seconds=6", cookie=mine)
        for call in ("nap", "long_nap")
    ]

    for address in [one.result().body["result_url"] for one in asked]:
        assert calling.get(address, cookie=other).status == 404
        assert calling.get(address).status == 404
        wait_for(lambda: calling.get(address, cookie=mine).status == 200)  # noqa: B023


@pytest.mark.parametrize(
    "call_id", ["call-0123", "nonsense", "3a1e6c5e-0000-4000-8000-000000000000"]
)
def test_an_unknown_answer_is_not_found(calling: Calling, call_id: str) -> None:
    assert calling.get(f"/call/results/{call_id}").status == 404


def test_a_recorded_call_is_a_job_like_any_other(calling: Calling) -> None:
    mine = calling.visitor()
    assert calling.get("/call/prime?x=97&level=3", cookie=mine).body["data"] is True

    job = calling.get("/api/jobs", cookie=mine).body["jobs"][0]
    assert (job["state"], job["queue"], job["title"]) == ("finished", "calls-3", "prime(x=97)")
    assert calling.get(job["result_url"], cookie=mine).body["data"] is True


def test_whoever_hangs_up_is_not_worked_for(calling: Calling, tmp_path: Path) -> None:
    busy = [calling.begin("nap", seconds=3) for _ in range(4)]
    wait_for(lambda: calling.running() == 4)
    for call in ("nap", "long_nap"):
        calling.hang_up(call, seconds=0, log=str(tmp_path / call)).close()

    assert [one.result().body for one in busy] == [{"status": 200, "data": "rested"}] * 4
    wait_for(lambda: calling.places("nap") + calling.places("long_nap") == 0)
    assert list(tmp_path.iterdir()) == []


def test_the_calls_are_listed_with_what_they_take(calling: Calling) -> None:
    listed = {one["name"]: one for one in calling.get("/api/calls").body["calls"]}

    assert listed["hello"]["volatile"] is True
    assert listed["hello"]["url"] == "/call/hello"
    assert listed["fibonacci"]["parameters"] == [
        {"name": "n", "type": "int", "required": True, "default": None}
    ]
