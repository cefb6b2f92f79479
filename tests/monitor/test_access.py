"""Who may come in to rqmonitor, and from where."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc.accounts import access
from app_srvc.jobs.states import State
from app_srvc.monitor import loading
from tests.monitor.support import JSON, act
from tests.support import tasks
from tests.support.accounts import bearer, logged_in, member
from tests.support.pages import look
from tests.support.people import guest, operator
from tests.support.submitting import submit
from tests.support.workers import job


def addresses(app: Flask) -> list[tuple[str, str]]:
    """Return every method and address that is rqmonitor's, and those beside it."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/rqmonitor")]
    parts = {"filename": "assets/images/redis.png", "job_id": "a"}
    return [
        (method, re.sub(r"<(?:\w+:)?(\w+)>", lambda part: parts[part[1]], rule.rule))
        for rule in rules
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    ]


def test_there_are_all_of_its_addresses(app: Flask) -> None:
    assert len([path for _, path in addresses(app) if "/job/" not in path]) == 23 + 1


def test_nobody_but_operators_comes_in(app: Flask) -> None:
    job_id = submit(tasks.refuse)
    user = logged_in(app, member("ben"))
    for method, path in addresses(app):
        for client, expected in ((guest(app), 401), (user, 404)):
            answer = client.open(
                path, method=method, data={"job_id": job_id, "queue_id": "stt"}, headers=JSON
            )
            # A cookie without a token is refused before anybody asks whose it is.
            assert answer.status_code == (400 if method == "POST" else expected), path
        answer = app.test_client().open(path, method=method, headers=JSON)
        assert answer.status_code == 401, path
    assert "/login?next=/rqmonitor/" in look(guest(app), "/rqmonitor/").location
    assert job(job_id).state == State.WAITING
    assert "rqmonitor" not in look(user, "/").text


@pytest.mark.parametrize("token", [None, "wrong"])
def test_without_our_token_nothing_is_done(
    token: str | None, app: Flask, boss: FlaskClient
) -> None:
    job_id = submit(tasks.refuse)
    headers = JSON | ({"X-CSRFToken": token} if token else {})
    for method, path in addresses(app):
        if method != "POST":
            continue
        answer = boss.post(path, data={"job_id": job_id, "queue_id": "stt"}, headers=headers)
        assert answer.status_code == 400, path
        assert "Reload the page." in (answer.json or {})["message"]
        assert boss.get(path, headers=JSON).status_code == 405
    assert job(job_id).state == State.WAITING


def test_a_program_needs_a_token_that_was_made_for_it(app: Flask) -> None:
    user_id = member("olena", role="operator")
    client = app.test_client(use_cookies=False)
    job_id = submit(tasks.refuse)

    for scopes, status in ((["read", "submit"], 404), (["operate"], 200)):
        headers = bearer(user_id, *scopes)
        assert client.get("/rqmonitor/queues", headers=headers).status_code == status
        answer = client.post("/rqmonitor/jobs/cancel", data={"job_id": job_id}, headers=headers)
        assert answer.status_code == status
    assert job(job_id).state == State.CANCELLED


def test_whoever_has_used_the_link_is_an_operator_here_too(app: Flask) -> None:
    client = operator(app)

    page = look(client, "/rqmonitor/").text
    assert 'href="/jobs/"' in page
    assert 'href="/rqmonitor/"' in look(client, "/jobs/").text
    assert act(client, "workers/resume").status_code == 200


def test_our_rule_is_the_first_that_is_asked() -> None:
    rules = loading.load().before_request_funcs[None]

    assert rules[0] is access.only_operators


def test_nothing_that_was_lent_is_left_behind() -> None:
    import sys

    import rq.connections
    from flask import Blueprint

    loading.load()
    assert not hasattr(rq.connections, "push_connection")
    assert not hasattr(Blueprint, "before_app_first_request")
    assert not {"fabric", "invoke", "paramiko"} & set(sys.modules)
