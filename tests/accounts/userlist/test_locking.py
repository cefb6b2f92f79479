"""What an operator does to people on the list of users."""

import logging
from collections.abc import Callable

import pytest
from flask import Flask

from app_srvc import db
from app_srvc.accounts.repository import sessions
from app_srvc.queues import Queue
from tests.support.accounts import bearer, logged_in, member
from tests.support.pages import look, press
from tests.support.people import guest, operator, program
from tests.support.performing import waiting
from tests.support.registering import link_of
from tests.support.rows import scalar

ACTIONS = ["lock", "unlock", "link"]


def state_of(user_id: str) -> str:
    """Return how a person stands."""
    state: str = scalar("SELECT state FROM users WHERE id = %s", user_id)
    return state


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_but_an_operator_does_anything(action: str, app: Flask) -> None:
    user_id = member("ada")
    plain = member("plain")
    path = f"/userlist/{user_id}/{action}"

    assert press(guest(app), path).status_code == 401
    assert program(app).post(path, headers={"Accept": "application/json"}).status_code == 401
    assert press(logged_in(app, plain), path).status_code == 404
    headers = bearer(plain, "read", "submit", "operate")
    assert program(app).post(path, headers=headers).status_code == 404
    assert (state_of(user_id), waiting(Queue.MAIL)) == ("active", [])


@pytest.mark.parametrize("action", ACTIONS)
def test_what_another_site_sends_with_an_operators_cookie_is_refused(
    action: str, app: Flask
) -> None:
    user_id = member("ada")

    assert operator(app).post(f"/userlist/{user_id}/{action}").status_code == 400
    assert (state_of(user_id), waiting(Queue.MAIL)) == ("active", [])


@pytest.mark.parametrize("action", ACTIONS)
def test_whom_nobody_knows_is_not_found(action: str, app: Flask) -> None:
    client = operator(app)

    for user_id in ("00000000-0000-0000-0000-000000000000", "1", "nonsense", "%00"):
        assert press(client, f"/userlist/{user_id}/{action}").status_code == 404


def test_whoever_is_locked_is_out_everywhere_at_once(app: Flask) -> None:
    user_id = member("ada", first_name="Ada", last_name="Byron")
    browser, headers = logged_in(app, user_id), bearer(user_id, "read")
    assert 'href="/account/"' in look(browser, "/").text
    assert program(app).get("/api/jobs", headers=headers).status_code == 200

    client = operator(app)
    assert press(client, f"/userlist/{user_id}/lock").status_code == 303
    assert "Ada Byron is locked out" in look(client, "/userlist/").text
    assert 'href="/account/"' not in look(browser, "/").text
    assert program(app).get("/api/jobs", headers=headers).status_code == 401
    with db.transaction() as conn:
        assert sessions.count(conn, user_id) == 0


def test_whoever_is_unlocked_may_come_in_again(app: Flask) -> None:
    user_id = member("ada")
    browser, headers = logged_in(app, user_id), bearer(user_id, "read")
    client = operator(app)
    press(client, f"/userlist/{user_id}/lock")

    press(client, f"/userlist/{user_id}/unlock")
    assert state_of(user_id) == "active"
    assert "may log in again" in look(client, "/userlist/").text
    assert program(app).get("/api/jobs", headers=headers).status_code == 200
    assert 'href="/account/"' not in look(browser, "/").text, "the old session has ended"


def test_two_presses_are_as_good_as_one(app: Flask) -> None:
    user_id, client = member("ada", state="waiting"), operator(app)

    for action, state in (("lock", "locked"), ("unlock", "waiting")):
        assert press(client, f"/userlist/{user_id}/{action}").status_code == 303
        assert press(client, f"/userlist/{user_id}/{action}").status_code == 303
        assert state_of(user_id) == state


def test_nobody_locks_themselves_out(app: Flask) -> None:
    user_id = member("chief", role="operator")
    client = logged_in(app, user_id)

    assert f'action="/userlist/{user_id}/lock"' not in look(client, "/userlist/").text
    answer = press(client, f"/userlist/{user_id}/lock")
    assert answer.status_code == 409
    assert "You cannot lock yourself out" in answer.text
    assert state_of(user_id) == "active"


def test_a_locked_operator_is_one_no_more(app: Flask) -> None:
    other = member("other", role="operator")
    browser = logged_in(app, other)

    press(operator(app), f"/userlist/{other}/lock")
    assert look(browser, "/userlist/").status_code == 302


def test_whoever_waits_for_a_password_gets_the_link_again(app: Flask) -> None:
    user_id, client = member("ada", state="waiting"), operator(app)
    assert "Send the link again" in look(client, "/userlist/").text

    assert press(client, f"/userlist/{user_id}/link").status_code == 303
    assert scalar("SELECT kind FROM mails WHERE user_id = %s", user_id) == "welcome"
    assert len(waiting(Queue.MAIL)) == 1
    assert look(guest(app), link_of("ada")).status_code == 200


def test_whoever_has_a_password_gets_a_link_for_a_new_one(app: Flask) -> None:
    user_id, client = member("ada"), operator(app)
    assert "Send a link for a new password" in look(client, "/userlist/").text

    press(client, f"/userlist/{user_id}/link")
    assert scalar("SELECT kind FROM mails WHERE user_id = %s", user_id) == "reset"


def test_whoever_is_locked_gets_no_link(app: Flask) -> None:
    user_id, client = member("ada", state="locked"), operator(app)
    assert f'action="/userlist/{user_id}/link"' not in look(client, "/userlist/").text

    answer = press(client, f"/userlist/{user_id}/link")
    assert answer.status_code == 409
    assert "Unlock them first." in answer.text
    assert waiting(Queue.MAIL) == []


def test_a_full_queue_takes_no_link(app: Flask, setting: Callable[..., None]) -> None:
    user_id, client = member("ada"), operator(app)
    setting(max_queue_depth=0)

    answer = press(client, f"/userlist/{user_id}/link")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_a_button_leads_back_to_where_it_was(app: Flask) -> None:
    user_id, client = member("ada"), operator(app)
    query = "q=a&state=active&sort=login&limit=5"
    page = look(client, f"/userlist/?{query}").text
    path = f"/userlist/{user_id}/lock?{query}"
    assert f'action="{path}"'.replace("&", "&amp;") in page

    answer = press(client, path)
    assert answer.location == f"/userlist/?{query}#user-{user_id}"
    assert press(client, f"/userlist/{user_id}/unlock").location == f"/userlist/#user-{user_id}"


def test_a_program_does_the_same_and_reads_what_came_of_it(app: Flask) -> None:
    user_id = member("ada")
    headers = bearer(member("chief", role="operator"), "read", "submit", "operate")

    for action, state in (("lock", "locked"), ("unlock", "active"), ("link", "active")):
        answer = program(app).post(f"/userlist/{user_id}/{action}", headers=headers)
        assert answer.status_code == 200
        assert answer.json is not None
        assert (answer.json["id"], answer.json["state"]) == (user_id, state)


def test_the_log_tells_who_did_what_to_whom_by_ids_alone(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    user_id, chief = member("ada", first_name="Ada"), member("chief", role="operator")

    with caplog.at_level(logging.INFO):
        press(logged_in(app, chief), f"/userlist/{user_id}/lock?q=byron")
        press(operator(app), f"/userlist/{user_id}/unlock")
    assert f"user {chief} locked user {user_id}" in caplog.messages
    assert f"an operator without an account unlocked user {user_id}" in caplog.messages
    for name in ("ada", "Ada", "chief", "byron", "380441234567"):
        assert not any(name in line for line in caplog.messages)
