"""One-time links with which people set a password."""

import re

import pytest
from flask import Flask

from app_srvc import db
from app_srvc.queues import Queue
from tests.support.pages import look
from tests.support.people import guest
from tests.support.performing import perform, waiting
from tests.support.registering import (
    PASSWORD,
    job_of,
    link_of,
    log_in,
    perform_all,
    person,
    register,
    send,
    set_password,
)
from tests.support.rows import scalar


def ask(app: Flask, email: str) -> str:
    """Ask for a link, let the worker send it, and return what the page said."""
    answer = send(guest(app), "/password/forgotten", email=email)
    assert answer.status_code == 200
    perform_all()
    return re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text.replace(email, "…"))


@pytest.fixture
def link(app: Flask) -> str:
    """Return the link of somebody who has registered."""
    register(guest(app))
    perform_all()
    return link_of("ann")


def test_to_open_a_link_does_not_use_it_up(app: Flask, link: str) -> None:
    for client in (guest(app), guest(app), app.test_client()):
        assert "Set your password" in look(client, link).text

    assert set_password(guest(app), link).status_code == 303


def test_a_link_works_once(app: Flask, link: str) -> None:
    first, second = guest(app), guest(app)
    page = look(second, link).text
    assert "New password" in page
    set_password(first, link)

    answer = send(
        second, "/password", "/login", token=link.partition("=")[2],
        password="another six plain words", again="another six plain words",
    )  # fmt: skip
    assert answer.status_code == 404
    assert "used already" in answer.text
    assert look(guest(app), link).status_code == 404
    assert log_in(guest(app), "ann").status_code == 303


def test_a_link_is_too_old_after_a_day(app: Flask, link: str) -> None:
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE password_links SET expires_at = expires_at - interval '1 day'")

    answer = look(guest(app), link)
    assert answer.status_code == 404
    assert "Send another link" in answer.text


@pytest.mark.parametrize("token", ["", "guess", "x" * 5000, "'; DROP TABLE users; --", "%00"])
def test_a_wrong_link_is_not_found(token: str, app: Flask) -> None:
    assert look(guest(app), f"/password?token={token}").status_code == 404


def test_a_weak_password_or_a_slip_leaves_the_link_as_it_is(app: Flask, link: str) -> None:
    client = guest(app)
    token = link.partition("=")[2]

    weak = set_password(client, link, "short")
    assert (weak.status_code, "at least 10 characters" in weak.text) == (422, True)
    slip = send(client, "/password", link, token=token, password=PASSWORD, again=PASSWORD + "!")
    assert (slip.status_code, "not the same" in slip.text) == (422, True)
    assert set_password(client, link).status_code == 303


def test_a_password_set_by_link_logs_out_everywhere_and_says_so_by_mail(app: Flask) -> None:
    elsewhere = person(app)
    ask(app, "ann@example.org")

    client = guest(app)
    assert set_password(client, link_of("ann"), "another six plain words").status_code == 303
    assert "Log out" in look(client, "/").text
    assert "Log out" not in look(elsewhere, "/").text
    assert log_in(guest(app), "ann").status_code == 422
    assert scalar("SELECT count(*) FROM mails WHERE kind = 'changed'") == 1


def test_whoever_asks_for_a_link_is_told_the_same_in_any_case(app: Flask) -> None:
    person(app)

    known, unknown = ask(app, "ann@example.org"), ask(app, "nobody@example.org")
    assert known == unknown
    assert scalar("SELECT count(*) FROM mails WHERE kind = 'reset'") == 1
    assert scalar("SELECT count(*) FROM jobs WHERE task = 'accounts.send_link'") == 2
    assert scalar("SELECT count(*) FROM jobs WHERE state <> 'finished'") == 0
    assert scalar("SELECT count(*) FROM password_requests WHERE email_key IS NOT NULL") == 0


@pytest.mark.parametrize("email", ["ann@example.org", "nobody@example.org"])
def test_a_place_in_the_queue_does_not_tell_whether_a_mail_was_sent(email: str, app: Flask) -> None:
    person(app)
    send(guest(app), "/password/forgotten", email=email)
    for job_id in waiting(Queue.USRREG):
        perform(job_id)

    client = guest(app)
    job_id = job_of(register(client, login="ben", email="ben@example.org"))
    told = client.get(f"/api/jobs/{job_id}").json
    assert told is not None
    assert told["ahead"] == 0


def test_asking_over_and_over_sends_one_mail(app: Flask) -> None:
    person(app)
    for _ in range(3):
        ask(app, "ann@example.org")

    assert scalar("SELECT count(*) FROM mails WHERE kind = 'reset'") == 1


def test_whoever_has_no_password_yet_gets_the_first_link_again(app: Flask, link: str) -> None:
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE mails SET created_at = created_at - interval '1 hour'")
    ask(app, "ann@example.org")

    assert scalar("SELECT count(*) FROM mails WHERE kind = 'welcome'") == 2
    assert link_of("ann") != link
    assert set_password(guest(app), link_of("ann")).status_code == 303


def test_what_is_no_address_is_said_beside_the_field(app: Flask) -> None:
    answer = send(guest(app), "/password/forgotten", email="nobody")

    assert answer.status_code == 422
    assert "looks like name@example.org" in answer.text


def test_a_link_of_somebody_locked_opens_nothing(app: Flask, link: str) -> None:
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE users SET locked_at = now()")

    assert look(guest(app), link).status_code == 404
