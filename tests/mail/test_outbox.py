"""The outbox: what operators see of mail, and what nobody does."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from app_srvc import db
from app_srvc.accounts import password_links
from app_srvc.jobs import submission
from tests.support.mailing import attempt, found, job_of, posted
from tests.support.pages import look, press
from tests.support.people import guest, operator
from tests.support.rows import scalar
from tests.support.smtp import MailServer

MailOn = Callable[..., None]


def link_of(mail_id: str) -> str:
    """Return the token of a mail's link."""
    link_id = found(mail_id).link_id
    assert link_id is not None
    return password_links.token_of(link_id)


def test_it_is_for_operators_only(app: Flask) -> None:
    mail_id = posted()
    attempt(mail_id)
    stranger = guest(app)

    for path in ("/outbox/", f"/outbox/{mail_id}"):
        answer = stranger.get(path, headers={"Accept": "application/json"})
        assert answer.status_code == 401
        assert "olena" not in answer.text
        assert look(operator(app), path).status_code == 200
    assert press(stranger, f"/outbox/{mail_id}/again").status_code == 401
    assert found(mail_id).state == "kept"
    assert "Outbox" not in look(stranger, "/").text


def test_an_empty_one_says_what_will_be_there(app: Flask) -> None:
    page = look(operator(app), "/outbox/").text

    assert "Nothing yet." in page
    assert "This server sends no mail." in page


def test_without_a_server_the_link_is_there_to_be_handed_over(app: Flask) -> None:
    mail_id = posted()
    attempt(mail_id)
    client = operator(app)

    assert "kept" in look(client, "/outbox/").text
    page = look(client, f"/outbox/{mail_id}").text
    assert "Hand its link over yourself" in page
    assert f"/password?token={link_of(mail_id)}" in page


def test_a_link_that_is_used_is_not_shown(app: Flask) -> None:
    mail_id = posted()
    attempt(mail_id)
    with db.transaction() as conn:
        password_links.use(conn, link_of(mail_id))

    page = look(operator(app), f"/outbox/{mail_id}").text
    assert link_of(mail_id) not in page
    assert "can no longer be used" in page


def test_the_link_of_a_mail_that_was_sent_is_not_shown(app: Flask, mail_on: MailOn) -> None:
    client = operator(app)
    mail_id = posted()
    for state in ("waiting", "sent"):
        page = look(client, f"/outbox/{mail_id}").text
        assert state in page
        assert link_of(mail_id) not in page
        assert "You have an account with Cherha now." in page
        assert "Send again" not in page
        attempt(mail_id)

    assert "This server sends no mail" not in look(client, "/outbox/").text


def test_what_was_refused_is_said_and_can_be_sent_again(
    app: Flask, mail_on: MailOn, smtp_server: MailServer
) -> None:
    mail_on(**{"answer-to": "rcpt", "answer": "550 5.1.1 Nobody here"})
    mail_id = posted()
    attempt(mail_id)
    client = operator(app)
    assert "550 5.1.1 Nobody here" in look(client, "/outbox/").text
    page = look(client, f"/outbox/{mail_id}").text
    assert link_of(mail_id) not in page
    assert "Send again" in page

    mail_on()
    answer = press(client, f"/outbox/{mail_id}/again")
    new = answer.location.rpartition("/")[2]
    assert attempt(new).state == "sent"
    [message] = smtp_server.messages()
    assert link_of(new) in message.get_content()
    assert found(mail_id).state == "dropped"


def test_of_two_clicks_one_sends_again(app: Flask) -> None:
    mail_id = posted()
    attempt(mail_id)
    client = operator(app)

    assert press(client, f"/outbox/{mail_id}/again").status_code == 303
    assert press(client, f"/outbox/{mail_id}/again").status_code == 409
    assert scalar("SELECT count(*) FROM mails") == 2


def test_what_still_waits_or_has_gone_is_not_sent_again(app: Flask, mail_on: MailOn) -> None:
    mail_id = posted()
    client = operator(app)

    assert press(client, f"/outbox/{mail_id}/again").status_code == 409
    attempt(mail_id)
    assert press(client, f"/outbox/{mail_id}/again").status_code == 409


def test_a_mail_whose_job_was_cancelled_has_failed(app: Flask, mail_on: MailOn) -> None:
    mail_id = posted()
    submission.cancel(job_of(mail_id).id)

    assert found(mail_id).state == "failed"
    submission.retry(job_of(mail_id).id)
    assert found(mail_id).state == "waiting"
    assert attempt(mail_id).state == "sent"


def test_a_mail_that_waits_says_why(app: Flask, mail_on: MailOn, smtp_server: MailServer) -> None:
    smtp_server.stop()
    mail_id = posted()
    attempt(mail_id)

    page = look(operator(app), f"/outbox/{mail_id}").text
    assert "The mail server cannot be reached" in page
    assert "Next try" in page


def test_pages_follow_one_another(app: Flask) -> None:
    names = [f"user{number:02}" for number in range(25)]
    for name in names:
        posted(login=name)
    client = operator(app)

    first = look(client, "/outbox/").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = look(client, older[1].replace("&amp;", "&")).text
    shown = [re.findall(r"(user\d\d)@example.org", page) for page in (first, second)]
    assert shown == [names[:4:-1], names[4::-1]]
    assert 'rel="next"' not in second


@pytest.mark.parametrize("before", ["x", "2026-01-01~x", "9999-99-99~", "~", "\0"])
def test_a_page_that_cannot_be_is_not_found(before: str, app: Flask) -> None:
    assert operator(app).get("/outbox/", query_string={"before": before}).status_code == 404


def test_an_unknown_mail_is_not_found(app: Flask) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    client = operator(app)

    assert look(client, f"/outbox/{unknown}").status_code == 404
    assert press(client, f"/outbox/{unknown}/again").status_code == 409


def test_names_are_shown_as_text(app: Flask) -> None:
    mail_id = posted(first_name="<script>alert(1)</script>")
    client = operator(app)

    for path in ("/outbox/", f"/outbox/{mail_id}"):
        assert "<script>alert" not in look(client, path).text
