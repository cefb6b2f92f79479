"""Whoever asks for it gets a mail once their job has ended: one, and nobody else does."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.jobs import deleting, submission
from app_srvc.jobs.repository import changes, outcomes
from app_srvc.mail import presenting, repository, tasks
from tests.support import tasks as work
from tests.support.accounts import logged_in, member
from tests.support.mailing import attempt
from tests.support.pages import HTML, look, press, token
from tests.support.people import guest
from tests.support.performing import perform, register
from tests.support.recordings import recording
from tests.support.rows import rows, scalar
from tests.support.web import form


@pytest.fixture
def user(app: Flask) -> str:
    """Add a person."""
    return member("olena", language="uk")


@pytest.fixture
def browser(app: Flask, user: str) -> FlaskClient:
    """Return their browser."""
    return logged_in(app, user)


def submit(user: str, title: str = "talk.mp3") -> str:
    """Let somebody have a job."""
    job_id = submission.new_id()
    with db.transaction() as conn:
        submission.submit(
            conn, work.count, "/dev/null", job_id=job_id, owner=f"user:{user}", title=title
        )
    return job_id


def wish(browser: FlaskClient, job_id: str) -> int:
    """Ask for a mail about a job."""
    return press(browser, f"/jobs/{job_id}/mail", wanted="y").status_code


def end(job_id: str) -> list[str]:
    """Let a job end, and return the mails that there are then."""
    register("a")
    perform(job_id)
    return mails()


def mails() -> list[str]:
    """Post what is wished for, and return all mails about jobs."""
    tasks.tick(0)
    tasks.tick(0)
    return [mail_id for (mail_id,) in rows("SELECT id FROM mails WHERE kind = 'ended'")]


def test_who_asks_on_the_page_of_a_job_gets_one_mail_in_their_language(
    browser: FlaskClient, user: str
) -> None:
    job_id = submit(user, "talk.mp3\n on Monday")
    assert wish(browser, job_id) == 303
    assert wish(browser, job_id) == 303, "twice is once"
    assert mails() == [], "not before the end"

    [mail_id] = end(job_id)
    mail = attempt(mail_id)
    letter = presenting.letter(mail)
    assert mail.state == repository.State.KEPT, "without SMTP_URL"
    assert "talk.mp3 on Monday" in letter.subject
    assert f"/jobs/{job_id}" in letter.text
    assert letter.language == "uk"
    assert scalar("SELECT count(*) FROM mail_wishes") == 0


def test_why_it_failed_is_in_the_mail(browser: FlaskClient, user: str) -> None:
    job_id = submit(user)
    wish(browser, job_id)
    with db.transaction() as conn:
        changes.take(conn, job_id, "a")
        outcomes.fail(conn, job_id, 1, "The file is no good.", pause_seconds=None)

    [mail_id] = mails()
    mail = attempt(mail_id)
    assert "The file is no good." in presenting.letter(mail).text


def test_who_thinks_again_gets_none(browser: FlaskClient, user: str) -> None:
    job_id = submit(user)
    wish(browser, job_id)
    assert 'name="wanted"' not in look(browser, f"/jobs/{job_id}").text
    assert press(browser, f"/jobs/{job_id}/mail").status_code == 303
    assert 'name="wanted"' in look(browser, f"/jobs/{job_id}").text

    assert end(job_id) == []
    assert wish(browser, job_id) == 409, "it has ended"
    assert 'name="wanted"' not in look(browser, f"/jobs/{job_id}").text


def test_only_its_owner_can_ask(app: Flask, browser: FlaskClient, user: str) -> None:
    job_id = submit(user)

    assert wish(logged_in(app, member("petro")), job_id) == 404
    assert wish(logged_in(app, member("boss", role="operator")), job_id) == 404
    assert wish(guest(app), job_id) == 401
    assert end(job_id) == []


def test_who_is_locked_meanwhile_gets_none(browser: FlaskClient, user: str) -> None:
    job_id = submit(user)
    wish(browser, job_id)
    with db.transaction() as conn:
        conn.cursor().execute("UPDATE users SET locked_at = now()")

    assert end(job_id) == []
    assert scalar("SELECT count(*) FROM mail_wishes") == 0


def test_a_job_that_is_deleted_takes_its_mail_with_it(browser: FlaskClient, user: str) -> None:
    job_id = submit(user)
    wish(browser, job_id)
    [mail_id] = end(job_id)
    sending = scalar("SELECT job_id FROM mails WHERE id = %s", mail_id)
    deleting.delete(job_id)

    perform(sending)
    assert rows("SELECT state FROM jobs WHERE id = %s", sending) == [("finished",)]


def test_a_mail_that_was_kept_can_be_posted_again(
    app: Flask, browser: FlaskClient, user: str
) -> None:
    job_id = submit(user)
    wish(browser, job_id)
    [mail_id] = end(job_id)
    attempt(mail_id)
    boss = logged_in(app, member("boss", role="operator"))

    assert press(boss, f"/outbox/{mail_id}/again").status_code == 303
    assert len(mails()) == 2


def test_the_tick_on_the_form_asks_for_all_that_is_sent_with_it(
    app: Flask, browser: FlaskClient, user: str
) -> None:
    assert 'name="mail_me"' in look(browser, "/stt/").text
    assert 'name="mail_me"' not in look(guest(app), "/stt/").text
    files = [(name, recording(name)) for name in ("days.flac", "house.flac")]

    for visitor in (guest(app), browser):
        assert scalar("SELECT count(*) FROM mail_wishes") == 0
        sent, kind = form(files, csrf_token=token(visitor), mail_me="y")
        answer = visitor.post("/stt/", data=sent, content_type=kind, headers=HTML)
        assert answer.status_code == 303
    assert scalar("SELECT count(*) FROM mail_wishes") == 2
