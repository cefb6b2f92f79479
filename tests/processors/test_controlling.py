"""What operators do to processors: one of two presses wins, and the audit knows whose."""

import threading

import pytest
import redis
from flask import Flask

from app_srvc import db
from app_srvc.errors import Conflict
from app_srvc.processors import controlling
from app_srvc.processors.redacting import redacted
from app_srvc.processors.repository import parameters
from tests.conftest import Servers
from tests.support import processing
from tests.support.rows import scalar


def test_of_many_presses_at_once_one_is_noted(app: Flask) -> None:
    processing.processor()

    def press() -> None:
        with app.test_request_context():
            controlling.start("letters")

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scalar("SELECT count(*) FROM processor_audit") == 1
    assert scalar("SELECT actor FROM processor_audit") == "operator"
    assert scalar("SELECT after->>'desired' FROM processor_audit") == "running"


def test_a_worker_is_woken_at_once(app: Flask, backing: Servers) -> None:
    processing.processor()

    with app.test_request_context():
        controlling.start("letters")
    with redis.Redis.from_url(backing.urls["redis"]) as client:
        assert client.llen("rq:queue:cycles") == 1


def test_of_two_who_add_the_same_name_at_once_one_is_told_that_it_is_taken(app: Flask) -> None:
    moment = threading.Barrier(8)
    told: list[str] = []

    def add() -> None:
        moment.wait()
        with app.test_request_context():
            try:
                controlling.add("letters", "Letters", "log")
            except Conflict as error:
                told.append(error.sentence)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["There is a processor of that name already."] * 7
    assert scalar("SELECT count(*) FROM processors") == 1
    assert scalar("SELECT count(*) FROM processor_audit") == 1


def test_what_is_not_done_is_not_noted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    processing.processor()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("app_srvc.processors.controlling.audit.note", fail)
    with app.test_request_context(), pytest.raises(RuntimeError):
        controlling.start("letters")
    assert scalar("SELECT desired FROM processors") == "stopped"


def test_a_second_stop_gives_back_what_is_in_work_and_no_third_does_anything(app: Flask) -> None:
    processor_id = processing.processor()
    processing.add(processor_id, "a")
    processing.claim(processor_id)
    processing.take(processor_id)

    with app.test_request_context():
        for _ in range(3):
            controlling.stop("letters")
    assert scalar("SELECT halted FROM processors")
    assert scalar("SELECT string_agg(action, ', ' ORDER BY id) FROM processor_audit") == (
        "stop, stop now"
    )


def test_stopping_what_is_at_rest_a_second_time_is_nothing(app: Flask) -> None:
    processing.processor(desired="running")

    with app.test_request_context():
        controlling.stop("letters")
        controlling.stop("letters")
    assert not scalar("SELECT halted FROM processors")
    assert scalar("SELECT count(*) FROM processor_audit") == 1


def test_what_has_not_changed_is_not_noted(app: Flask) -> None:
    processing.processor()

    with app.test_request_context():
        controlling.change("letters", 0, {"parallel": 2, "rate": None})
        controlling.change("letters", 0, {"parallel": 3, "rate": None})
    assert scalar("SELECT count(*) FROM processor_audit") == 1
    assert scalar("SELECT after FROM processor_audit") == {"parallel": 3}


def test_a_longer_time_makes_a_longer_lease(conn: db.Connection) -> None:
    processor_id = processing.processor()

    assert parameters.change(conn, processor_id, 0, timeout_seconds=3000)
    assert not parameters.change(conn, processor_id, 0, timeout_seconds=1)
    conn.commit()
    assert scalar("SELECT lease_seconds FROM processors") == 3030


def test_a_large_processor_is_deleted_in_rounds(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    processing.boxed(processing.processor(), 5)
    monkeypatch.setattr(parameters, "AT_ONCE", 2)
    monkeypatch.setattr(controlling, "REQUEST_SECONDS", 0)

    with app.test_request_context():
        assert not controlling.delete("letters")
        monkeypatch.setattr(controlling, "REQUEST_SECONDS", 9)
        assert controlling.delete("letters")
    assert scalar("SELECT count(*) FROM records") == 0
    assert scalar("SELECT count(*) FROM processors") == 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"url": "https://me:pw@host/x"}, {"url": "https://…@host/x"}),
        ({"headers": {"Authorization": "Basic x"}}, {"headers": {"Authorization": "…"}}),
        ({"steps": [{"password": "x", "name": "y"}]}, {"steps": [{"password": "…", "name": "y"}]}),
        ({"headers": "X-Api-Key: abc\nX-Mine:d"}, {"headers": "X-Api-Key: …\nX-Mine: …"}),
        ({"url": "https://a/b?key=c"}, {"url": "https://a/b?…"}),
        (
            {"steps": [{"config": {"url": "http://a?b"}}]},
            {"steps": [{"config": {"url": "http://a?…"}}]},
        ),
        ({"auth_secret": "BANK"}, {"auth_secret": "BANK"}),
        ({"times": 3, "token": None}, {"times": 3, "token": None}),
    ],
)
def test_what_looks_like_a_secret_is_not_noted(value: object, shown: object) -> None:
    assert redacted(value) == shown
