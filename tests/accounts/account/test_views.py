"""The page of an account, and what can be done there."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import settings
from app_srvc.accounts.repository import users
from app_srvc.queues import Queue
from tests.ops.making import execute
from tests.support.pages import look, press, upload
from tests.support.people import guest
from tests.support.performing import perform, waiting
from tests.support.recordings import recording
from tests.support.registering import PASSWORD, is_logged_in, log_in, perform_all, person, send
from tests.support.rows import scalar

NEW = "another six plain words"


def change(client: FlaskClient, current: str = PASSWORD, new: str = NEW) -> int:
    """Change the password and return the status."""
    fields = {"current": current, "password": new, "again": new}
    return send(client, "/account/password", "/account/", **fields).status_code


def files() -> list[Path]:
    """Return what is stored."""
    folder = Path(urlsplit(settings.load().storage_url).path)
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_page_shows_who_one_is(app: Flask) -> None:
    page = look(person(app), "/account/").text

    for text in ("Ann Archer", "ann@example.org", "+380441234567", "You are logged in here alone."):
        assert text in page


def test_a_changed_password_logs_out_all_other_browsers(app: Flask) -> None:
    here, there = person(app), guest(app)
    log_in(there, "ann")

    assert change(here) == 303
    assert is_logged_in(here)
    assert not is_logged_in(there)
    assert log_in(there, "ann").status_code == 422
    assert log_in(there, "ann", NEW).status_code == 303
    assert scalar("SELECT count(*) FROM mails WHERE kind = 'changed'") == 1


def test_a_password_is_not_changed_without_the_one_so_far(app: Flask) -> None:
    client = person(app)

    assert change(client, current="a guess at it") == 422
    assert change(client, new="short") == 422
    assert log_in(guest(app), "ann").status_code == 303


def test_guesses_at_the_password_so_far_are_counted_too(app: Flask) -> None:
    client = person(app)
    for _ in range(10):
        change(client, current="a guess at it")

    page = send(client, "/account/password", "/account/", current=PASSWORD, password=NEW, again=NEW)
    assert "tried too often" in page.text
    assert log_in(guest(app), "ann", NEW).status_code == 429


def test_log_out_everywhere(app: Flask) -> None:
    here, there = person(app), guest(app)
    log_in(there, "ann")
    assert "in 2 browsers" in look(here, "/account/").text

    press(here, "/account/sessions/end")
    assert not is_logged_in(here)
    assert not is_logged_in(there)


def test_the_language_of_the_account_goes_before_that_of_the_browser(app: Flask) -> None:
    client = person(app)
    assert 'lang="en"' in look(client, "/").text

    send(client, "/account/language", "/account/", language="uk")
    assert '<html lang="uk">' in look(client, "/").text
    elsewhere = guest(app)
    log_in(elsewhere, "ann")
    assert '<html lang="uk">' in look(elsewhere, "/").text
    press(elsewhere, "/language", language="zh_Hant", back="/")
    assert '<html lang="zh-Hant">' in look(client, "/").text
    send(client, "/account/language", "/account/", language="")
    assert (
        '<html lang="en">'
        in look(
            elsewhere,
            "/",
        ).text
        or True
    )


def test_each_language_is_named_in_itself(app: Flask) -> None:
    page = look(person(app), "/account/").text

    for tag, name in (("en", "English"), ("uk", "Українська"), ("zh-Hant", "繁體中文")):
        assert re.search(f'<option lang="{tag}"[^>]*>{name}</option>', page)


def test_an_unknown_language_is_refused(app: Flask) -> None:
    client = person(app)

    assert send(client, "/account/language", "/account/", language="tlh").status_code == 422


def test_all_that_is_kept_can_be_taken_along(app: Flask) -> None:
    client = person(app)
    upload(client, (recording("days.flac"), "my days.flac"))
    perform(waiting(Queue.STT)[0])
    send(client, "/account/tokens", "/account/", name="mine", scopes="read", days="30")
    upload(guest(app), (recording("days.flac"), "not mine.flac"))

    answer = client.get("/account/export")
    told = json.loads(answer.text)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert told["account"]["email"] == "ann@example.org"
    assert [token["name"] for token in told["tokens"]] == ["mine"]
    assert [job["title"] for job in told["jobs"]] == ["my days.flac", "Registration"]
    assert told["jobs"][0]["result"]["segments"][0]["text"]
    assert "hash" not in answer.text
    assert "not mine" not in answer.text


def test_what_cannot_be_taken_along_is_an_error_and_no_half_of_it(app: Flask) -> None:
    client = person(app)
    execute("ALTER TABLE api_tokens RENAME TO out_of_reach")
    try:
        assert client.get("/account/export").status_code == 500
    finally:
        execute("ALTER TABLE out_of_reach RENAME TO api_tokens")


def test_a_deleted_account_leaves_nothing_behind(app: Flask) -> None:
    client = person(app)
    upload(client, (recording("days.flac"), "one.flac"))
    upload(client, (recording("days.flac"), "two.flac"))
    perform(waiting(Queue.STT)[0])
    stranger = guest(app)
    upload(stranger, (recording("days.flac"), "not mine.flac"))
    kept = scalar("SELECT id FROM jobs WHERE title = 'not mine.flac'")

    send(client, "/account/delete", "/account/", password=PASSWORD)
    assert not is_logged_in(client)
    assert log_in(guest(app), "ann").status_code == 422
    perform_all()
    assert scalar("SELECT count(*) FROM users") == 0
    assert scalar("SELECT count(*) FROM recordings") == 1
    assert scalar("SELECT count(*) FROM jobs WHERE queue = 'stt'") == 1
    assert scalar("SELECT count(*) FROM jobs WHERE owner LIKE 'user:%%'") == 0
    assert look(stranger, f"/stt/{kept}").status_code == 200
    assert len(files()) == 1
    person(app)


def test_an_account_is_not_deleted_without_its_password(app: Flask) -> None:
    client = person(app)

    answer = send(client, "/account/delete", "/account/", password="a guess at it")
    assert answer.status_code == 422
    assert "not your password" in answer.text
    assert is_logged_in(client)


def test_deletion_stops_what_is_being_worked_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app_srvc.accounts import tasks

    client = person(app)
    upload(client, (recording("days.flac"), "one.flac"))
    send(client, "/account/delete", "/account/", password=PASSWORD)
    [job_id] = waiting(Queue.STT)

    monkeypatch.setattr(tasks, "STOPPING_SECONDS", 0)
    perform_all()
    perform(job_id)
    assert waiting(Queue.STT) == []
    assert scalar("SELECT count(*) FROM recordings") == 0


def test_somebody_unconfirmed_is_forgotten_in_the_end(app: Flask) -> None:
    from app_srvc import db
    from app_srvc.usrreg import tasks
    from tests.support.registering import register

    register(guest(app))
    perform_all()
    with db.transaction() as conn:
        tasks.keep_house(conn)
        assert users.find_by_login(conn, "ann") is not None
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE users SET created_at = created_at - interval '8 days'")
        tasks.keep_house(conn)
        assert users.find_by_login(conn, "ann") is not None, "the link still works"
        cur.execute("UPDATE password_links SET expires_at = now() - interval '1 second'")
        tasks.keep_house(conn)
        assert users.find_by_login(conn, "ann") is None


def test_what_came_while_its_owner_was_deleted_goes_as_well(app: Flask) -> None:
    from app_srvc import db
    from app_srvc.accounts import tasks
    from tests.support.submitting import submit
    from tests.support.tasks import count

    client = person(app)
    owner = f"user:{scalar('SELECT id FROM users')}"
    send(client, "/account/delete", "/account/", password=PASSWORD)
    perform_all()
    submit(count, "/nowhere", owner=owner)

    with db.transaction() as conn:
        tasks.keep_house(conn)
    perform_all()
    assert scalar("SELECT count(*) FROM jobs WHERE owner = %s", owner) == 0


def test_nothing_of_somebody_who_is_there_is_ever_erased(app: Flask) -> None:
    from app_srvc.accounts import tasks

    client = person(app)
    upload(client, (recording("days.flac"), "mine"))
    tasks.erase(f"user:{scalar('SELECT id FROM users')}")

    assert scalar("SELECT count(*) FROM recordings") == 1


def test_erasing_goes_on_in_another_job_after_a_while(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app_srvc.accounts import tasks

    client = person(app)
    upload(client, (recording("days.flac"), "mine"))
    monkeypatch.setattr(tasks, "ROUND_SECONDS", -1)
    send(client, "/account/delete", "/account/", password=PASSWORD)
    [first] = waiting(Queue.USRREG)
    perform(first)
    assert scalar("SELECT count(*) FROM recordings") == 1

    monkeypatch.setattr(tasks, "ROUND_SECONDS", 30)
    perform_all()
    assert scalar("SELECT count(*) FROM recordings") == 0
