"""The overview's figures, as programs read them: each is right for rows that are known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.admission import refusals
from app_srvc.admission.refusals import Kind
from app_srvc.mail import repository as mails
from app_srvc.ops import sampling
from app_srvc.ops.repository import failures, queues
from app_srvc.queues import CALLS, Queue
from app_srvc.settings.limits import FILLED_BY_WORKERS, Rate
from app_srvc.words import _
from tests.conftest import Servers
from tests.ops.making import execute, job, worker
from tests.support import processing, tasks
from tests.support.mailing import posted
from tests.support.people import operator
from tests.support.rows import scalar
from tests.support.submitting import submit
from tests.support.workers import Workers, wait_for


@pytest.fixture
def boss(app: Flask) -> FlaskClient:
    """Return the browser of an operator."""
    return operator(app)


def told(client: FlaskClient) -> dict[str, Any]:
    """Return what programs are told."""
    answer = client.get("/api/ops")
    assert answer.status_code == 200
    assert answer.json is not None
    return dict(answer.json)


def queue(client: FlaskClient, name: str = "stt") -> dict[str, Any]:
    """Return what programs are told of a queue."""
    (found,) = [one for one in told(client)["queues"] if one["name"] == name]
    return dict(found)


def names(client: FlaskClient) -> list[str]:
    """Return what is said not to be well."""
    return [problem["name"] for problem in told(client)["problems"]]


def everybody_works() -> None:
    """Let a worker live that serves all queues."""
    worker("w", *Queue)


def test_all_is_well_where_all_queues_are_served(boss: FlaskClient) -> None:
    everybody_works()

    assert told(boss)["problems"] == []
    assert told(boss)["well"] is True


def test_what_waits_runs_and_is_scheduled_is_counted_with_the_oldest(boss: FlaskClient) -> None:
    for seconds in (5, 400, 30):
        job("waiting", waited=seconds)
    job("waiting", "usrreg")
    job("running", ran=9)
    job("scheduled")
    job("scheduled")

    found = queue(boss)
    assert (found["waiting"], found["running"], found["scheduled"]) == (3, 1, 2)
    assert 400 <= found["oldest_seconds"] < 500
    assert queue(boss, "usrreg")["waiting"] == 1
    assert queue(boss, "mail") | {"waiting": 0, "oldest_seconds": None} == queue(boss, "mail")


def test_what_is_tried_again_after_a_pause_has_not_waited_for_all_that_time(
    boss: FlaskClient,
) -> None:
    again = job("waiting", waited=9000)
    execute("UPDATE jobs SET taken_at = waiting_since + interval '1 s' WHERE id = %s", again)
    assert (queue(boss)["waiting"], queue(boss)["oldest_seconds"]) == (1, None)

    by_person = job("waiting", waited=40)
    execute("UPDATE jobs SET taken_at = waiting_since - interval '1 h' WHERE id = %s", by_person)
    assert 40 <= queue(boss)["oldest_seconds"] < 400


def test_a_rate_is_that_of_the_last_five_minutes(boss: FlaskClient) -> None:
    for ago in (1, 100, 290):
        job("finished", ago=ago)
    job("failed", ago=200)
    job("cancelled", ago=10)
    for ago in (310, 4000):
        job("finished", ago=ago)
        job("failed", ago=ago)

    assert (queue(boss)["done_a_minute"], queue(boss)["failed_a_minute"]) == (0.6, 0.2)
    assert queue(boss, "usrreg")["done_a_minute"] == 0


def test_of_very_many_the_last_tell_the_rate(
    boss: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "MOST_ENDED", 20)
    for ago in range(19):
        job("finished", ago=ago)
    assert queue(boss)["done_a_minute"] == 19 / 5

    job("failed", ago=59)
    job("finished", ago=200)
    # 19 within a minute, or a little more by the time that they are looked at.
    assert 15 < queue(boss)["done_a_minute"] < 19.5
    assert queue(boss)["failed_a_minute"] == pytest.approx(queue(boss)["done_a_minute"] / 19, 0.2)


def test_times_are_those_of_the_last_hour(boss: FlaskClient) -> None:
    for number in range(1, 101):
        job("failed" if number % 10 == 0 else "finished", waited=number, ran=number / 10, ago=60)
    job("finished", waited=9999, ran=9999, ago=3700)
    job("cancelled", waited=9999, ran=9999, ago=60)

    found = queue(boss)
    assert found["waited_seconds"] == {"p50": 50.5, "p95": 95.05}
    assert found["ran_seconds"] == {"p50": 5.05, "p95": 9.505}
    assert queue(boss, "mail")["waited_seconds"] is None


def test_a_job_that_was_let_be_tried_again_has_waited_since_then(boss: FlaskClient) -> None:
    again = job("finished", waited=10, ran=1, ago=5)
    execute("UPDATE jobs SET started_at = now() - interval '9 hours' WHERE id = %s", again)

    assert queue(boss)["waited_seconds"] == {"p50": 10.0, "p95": 10.0}


def test_a_real_worker_says_what_it_does_since_when_and_with_how_much_memory(
    boss: FlaskClient, workers: Workers, tmp_path: Path
) -> None:
    job_id = submit(tasks.sleep, str(tmp_path / "notes"), 300)
    process = workers.start()

    wait_for(lambda: [one for one in told(boss)["workers"] if one["job"]])
    (found,) = told(boss)["workers"]
    assert (found["pid"], found["alive"]) == (process.pid, True)
    assert found["queues"] == ["stt", "stt-segments"]
    assert found["job"]["id"] == job_id
    assert found["started_at"] <= found["job"]["since"] <= told(boss)["at"]
    assert 5_000_000 < found["memory_bytes"] < 500_000_000
    assert queue(boss)["workers"] == 1
    assert queue(boss)["running"] == 1


def test_a_worker_that_handles_records_says_of_which_processor(boss: FlaskClient) -> None:
    processor_id = processing.processor()
    worker("host-1-lane", "records")
    execute(
        "INSERT INTO lanes VALUES (%s, 0, 1, 'host-1-lane', now() + interval '1 minute')",
        processor_id,
    )

    (found,) = told(boss)["workers"]
    assert (found["processor"], found["job"]) == ("letters", None)


def test_a_queue_that_waits_for_nobody_is_said_loudly(boss: FlaskClient) -> None:
    worker("w", *(set(Queue) - {Queue.STT}))
    assert names(boss) == ["unserved"]
    assert told(boss)["problems"][0]["loud"] is False

    job("waiting")
    (problem,) = told(boss)["problems"]
    assert problem["loud"] is True
    assert problem["message"] == (
        "1 job waits in the queue “speech to text”, and no living worker serves it."
    )
    assert problem["url"] == "/jobs/?state=waiting&queue=stt"


def test_levels_of_quick_calls_that_nobody_serves_are_one_thing(boss: FlaskClient) -> None:
    worker("w", *(set(Queue) - {Queue.MAIL, *CALLS[2:]}))

    assert [problem["message"] for problem in told(boss)["problems"]] == [
        "No living worker serves the queue “mail”.",
        "No living worker serves the queue “quick calls, levels 2-9”.",
    ]


def test_a_silent_worker_serves_nothing_and_is_told(boss: FlaskClient) -> None:
    worker("w", *Queue, silent=31)
    assert names(boss) == ["no workers", "silent workers"]
    assert queue(boss)["workers"] == 0

    everybody = [one["alive"] for one in told(boss)["workers"]]
    assert everybody == [False]


def test_what_waits_for_long_or_fills_a_queue_or_fails_by_half_is_told(
    boss: FlaskClient, setting: Callable[..., None]
) -> None:
    everybody_works()
    for number in range(4):
        job("waiting", waited=601)
        job("finished", ago=number)
        job("failed", ago=number)
    assert names(boss) == ["slow queue"]

    setting(max_queue_depth=5)
    job("failed", ago=1)
    assert names(boss) == ["slow queue", "full queue", "failing queue"]


def test_failures_are_grouped_by_queue_and_reason(boss: FlaskClient) -> None:
    for ago in (10, 20, 30):
        job("failed", reason="The file is no good.", ago=ago)
    for number in (1, 2):
        job("failed", reason=_("There is no page %(number)s.", number=number), ago=5)
    job("failed", "usrreg", reason="The file is no good.")
    job("failed", reason="The file is no good.", ago=86401)
    job("failed", reason="The file is no good.", part_of=job("failed", reason="The whole."))

    found = told(boss)["failures"]
    first, *others = [(one["queue"], one["reason"], one["count"]) for one in found["commonest"]]
    assert first == ("stt", "The file is no good.", 3)
    assert set(others) == {
        ("stt", "There is no page 1.", 1), ("stt", "There is no page 2.", 1),
        ("usrreg", "The file is no good.", 1), ("stt", "The whole.", 1),
    }  # fmt: skip
    assert (found["total"], found["kinds"], found["more"]) == (7, 5, False)


def test_of_very_many_failures_the_latest_are_told(
    boss: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_FAILURES", 2)
    monkeypatch.setattr(failures, "MOST_KINDS", 1)
    job("failed", reason="old", ago=50)
    for _number in range(2):
        job("failed", reason="new", ago=1)

    found = told(boss)["failures"]
    assert [one["reason"] for one in found["commonest"]] == ["new"]
    assert (found["total"], found["more"]) == (2, True)


def test_processors_and_what_waits_for_a_person_are_told(boss: FlaskClient) -> None:
    everybody_works()
    letters = processing.processor()
    processing.boxed(letters, 2)
    processing.boxed(letters, 1, "unknown")
    processing.processor("down", desired="running", probe_at="2030-01-01T00:00:00Z")
    # What they have done in boxes was done by a worker that is gone.
    execute("DELETE FROM workers WHERE name <> 'w'")

    assert names(boss) == ["processor down", "dead records", "uncertain records"]
    assert told(boss)["problems"][1]["url"] == "/processors/letters/records/?status=dead"
    assert [it["name"] for it in told(boss)["processors"]] == ["down", "letters"]


def test_mail_that_has_not_gone_is_counted(boss: FlaskClient) -> None:
    waiting, gone, failed = (posted(login=f"reader{number}") for number in range(3))
    everybody_works()
    with db.transaction() as conn:
        mails.settle(conn, gone, mails.State.SENT)
        mails.settle(conn, failed, mails.State.FAILED, "Nobody there.")
    execute(
        "UPDATE jobs SET state = 'finished', ended_at = now() FROM mails"
        " WHERE jobs.id = job_id AND mails.id IN (%s, %s)",
        gone, failed,
    )  # fmt: skip

    found = told(boss)["outbox"]
    assert (found["waiting"], found["failed"], found["more"]) == (1, 1, False)
    assert found["oldest_at"] is not None
    assert names(boss) == ["failed mail"]
    execute("UPDATE mails SET state = 'dropped' WHERE id = %s", waiting)
    assert told(boss)["outbox"]["waiting"] == 0


def test_files_are_added_up_now_and_then(boss: FlaskClient) -> None:
    assert told(boss)["kept"] is None
    execute("INSERT INTO files (key, bytes) VALUES ('a', 1000), ('b', 234)")

    sampling.sample()
    assert (told(boss)["kept"]["files"], told(boss)["kept"]["bytes"]) == (2, 1234)
    execute("INSERT INTO files (key, bytes) VALUES ('c', 1)")
    sampling.sample()
    assert told(boss)["kept"]["files"] == 2
    execute("UPDATE ops_files SET at = at - interval '11 minutes'")
    sampling.sample()
    assert told(boss)["kept"]["files"] == 3


def test_servers_say_how_they_are(
    boss: FlaskClient, backing: Servers, setting: Callable[..., None]
) -> None:
    everybody_works()
    found = told(boss)
    assert found["postgresql"]["version"].split(".")[0].isdecimal()
    assert 1 <= found["postgresql"]["connections"] <= found["postgresql"]["max_connections"]
    assert found["storage"]["free_bytes"] <= found["storage"]["total_bytes"]
    assert found["queue_server"] == {"up": True}

    with db.transaction() as conn:
        conn.cursor().execute("SELECT 1")
        assert told(boss)["postgresql"]["longest_transaction_seconds"] > 0
    setting(min_free_bytes=10**18)
    assert names(boss) == ["storage"]
    setting(min_free_bytes=0, queue_url="unix:///nowhere")
    assert names(boss) == ["queue server"]
    assert queue(boss)["delivered"] is None
    setting(storage_url="file:///dev/null/files", queue_url=backing.urls["redis"])
    assert names(boss) == ["storage"]


def test_what_was_delivered_is_told_beside_what_waits(boss: FlaskClient) -> None:
    submit(tasks.count, "/dev/null")
    job("waiting")

    assert (queue(boss)["waiting"], queue(boss)["delivered"]) == (2, 1)


def limits(client: FlaskClient) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what programs are told of limits."""
    return {(one["kind"], one["name"]): one for one in told(client)["limits"]}


def test_all_limits_are_told_with_what_is_taken_and_refused(
    boss: FlaskClient, setting: Callable[..., None]
) -> None:
    everybody_works()
    setting(queue_limits="stt=7", rate_limits="uploads=5/hour,calls=off")
    job("waiting")
    job("waiting")
    for kind, name in ((Kind.QUEUE, "stt"), (Kind.RATE, "uploads"), (Kind.OPEN, "uploads")):
        refusals.count(kind, name)
    refusals.count(Kind.RATE, "uploads")
    refusals.flush()
    execute("UPDATE refusals SET at = at - interval '2 hours' WHERE kind = 'rate'")

    found = limits(boss)
    assert {name for kind, name in found if kind == "rate"} == set(Rate)
    queues = {name for kind, name in found if kind == "queue"}
    assert queues == set(Queue) - FILLED_BY_WORKERS
    assert {"hello", "prime", "fibonacci"} <= {name for kind, name in found if kind == "call"}
    assert found["call", "hello"]["taken"] == 0
    assert found["queue", "stt"] == {
        "kind": "queue", "name": "stt", "most": 7, "in_seconds": None, "taken": 2,
        "refused": {"last_hour": 1, "last_day": 1, "total": 1}, "let_in_uncounted": None,
    }  # fmt: skip
    assert found["queue", "mail"]["most"] == 10_000
    assert found["rate", "uploads"] == {
        "kind": "rate", "name": "uploads", "most": 5, "in_seconds": 3600, "taken": None,
        "refused": {"last_hour": 0, "last_day": 2, "total": 2},
        "let_in_uncounted": {"last_hour": 1, "last_day": 1, "total": 1},
    }  # fmt: skip
    assert found["rate", "calls"]["most"] is None
    assert names(boss) == ["refusals", "let in uncounted"]


def test_that_a_client_sends_too_much_is_no_problem_of_ours(boss: FlaskClient) -> None:
    everybody_works()
    refusals.count(Kind.RATE, "uploads")

    assert limits(boss)["rate", "uploads"]["refused"]["last_hour"] == 1
    assert names(boss) == []


def test_when_somebody_was_refused_is_forgotten_after_a_day(boss: FlaskClient) -> None:
    refusals.count(Kind.QUEUE, "stt")
    refusals.flush()
    execute("UPDATE refusals SET at = at - interval '25 hours'")
    sampling.sample()

    assert limits(boss)["queue", "stt"]["refused"] == {"last_hour": 0, "last_day": 0, "total": 1}
    assert scalar("SELECT count(*) FROM refusals") == 0
