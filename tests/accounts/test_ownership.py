"""What is a guest's becomes theirs who log in, and nothing else does."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc.accounts import ownership
from tests.support.pages import look, press, upload
from tests.support.people import guest, program
from tests.support.recordings import recording
from tests.support.registering import link_of, log_in, perform_all, person, register, set_password
from tests.support.rows import rows


def titles(client: FlaskClient) -> list[str]:
    """Return what the list of jobs shows."""
    answer = client.get("/api/jobs").json
    assert answer is not None
    return [job["title"] for job in answer["jobs"] if job["title"] != "Registration"]


def send(client: FlaskClient, name: str) -> None:
    """Upload a recording."""
    upload(client, (recording("days.flac"), name))


def test_what_a_guest_has_sent_is_theirs_once_they_log_in(app: Flask) -> None:
    person(app)
    client = guest(app)
    send(client, "before")

    log_in(client, "ann")
    send(client, "after")
    assert titles(client) == ["after", "before"]
    elsewhere = guest(app)
    log_in(elsewhere, "ann")
    assert titles(elsewhere) == ["after", "before"]
    press(client, "/logout")
    assert titles(client) == []


def test_what_a_guest_has_sent_is_theirs_once_they_set_a_password_in_that_browser(
    app: Flask,
) -> None:
    client = guest(app)
    send(client, "before")
    register(client)
    perform_all()
    assert titles(client) == ["before"], "until there is a password they are a guest"

    set_password(client, link_of("ann"))
    assert titles(client) == ["before"]
    elsewhere = guest(app)
    log_in(elsewhere, "ann")
    assert titles(elsewhere) == ["before"]


def test_whoever_gets_the_mail_by_a_mistake_gets_nothing_else(app: Flask) -> None:
    client, stranger = guest(app), guest(app)
    send(client, "private")
    register(client, email="a-typing-mistake@example.org")
    perform_all()

    set_password(stranger, link_of("ann"))
    assert titles(stranger) == []
    assert titles(client) == ["private"]


def test_whoever_registers_somebody_else_keeps_what_is_theirs(app: Flask) -> None:
    ann = person(app)
    send(ann, "of ann")
    register(ann, login="ben", email="ben@example.org")
    perform_all()

    ben = guest(app)
    set_password(ben, link_of("ben"))
    assert titles(ben) == []
    assert titles(ann) == ["of ann"]


def test_what_another_guest_or_nobody_has_sent_stays_as_it_is(app: Flask) -> None:
    other = guest(app)
    send(other, "of another")
    upload(program(app), (recording("days.flac"), "of nobody"), path="/stt/task")

    assert titles(person(app)) == []
    assert titles(other) == ["of another"]


def test_uploads_that_have_not_become_a_job_move_as_well(app: Flask) -> None:
    person(app)
    client = guest(app)
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}
    with client.session_transaction() as session:
        assert session["guest"]
    page = look(client, "/stt/").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    made = client.post("/uploads/", headers=headers | {"X-CSRFToken": token})
    assert made.status_code == 201

    log_in(client, "ann")
    assert client.head(made.location, headers=headers).status_code == 200
    assert guest(app).head(made.location, headers=headers).status_code == 404


@pytest.mark.usefixtures("database")
def test_every_table_with_owners_is_thought_of() -> None:
    tables = rows(
        "SELECT DISTINCT table_name FROM information_schema.columns"
        " JOIN pg_tables ON tablename = table_name"
        " WHERE column_name IN ('owner', 'editor') AND schemaname = 'public'"
    )

    assert set(tables) == {("jobs",), ("uploads",), ("segment_edits",)}
    assert len(ownership._MOVES) == len(tables)
