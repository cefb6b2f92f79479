"""Tokens with which programs come in."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app_srvc import db
from app_srvc.accounts import __main__ as command
from tests.support.pages import look, press, upload
from tests.support.people import guest, program
from tests.support.recordings import recording
from tests.support.registering import person, send
from tests.support.rows import scalar


def make(client: FlaskClient, *scopes: str, days: str = "") -> str:
    """Make a token and return it."""
    answer = send(
        client, "/account/tokens", "/account/", name="mine", scopes=list(scopes), days=days
    )
    found = re.search(r"cherha_[\w-]+", answer.text)
    assert found is not None, answer.text
    return found.group()


def ask(
    app: Flask, token: str, path: str = "/api/jobs", method: str = "GET", kind: str = "Bearer"
) -> TestResponse:
    """Ask as a program with a token."""
    headers = {"Authorization": f"{kind} {token}"}
    return program(app).open(path, method=method, headers=headers)


def send_recording(app: Flask, token: str, path: str = "/stt/task") -> TestResponse:
    """Upload as a program with a token."""
    headers = {"Authorization": f"Bearer {token}"}
    return upload(program(app), (recording("days.flac"), "days.flac"), path=path, headers=headers)


def test_what_a_program_sends_is_its_owners_and_nobody_elses(app: Flask) -> None:
    owner = person(app)
    token = make(owner, "read", "submit")

    sent = send_recording(app, token)
    assert sent.status_code == 202
    assert sent.json is not None
    path = f"/api/jobs/{sent.json['job_id']}"
    assert ask(app, token, path).status_code == 200
    assert look(owner, f"/stt/{sent.json['job_id']}").status_code == 200
    assert program(app).get(path).status_code == 404
    assert guest(app).get(path).status_code == 404
    listed = ask(app, token).json
    assert listed is not None
    assert [job["title"] for job in listed["jobs"]] == ["days.flac", "Registration"]


def test_a_token_is_shown_once(app: Flask) -> None:
    client = person(app)
    token = make(client, "read")

    page = look(client, "/account/").text
    assert "mine" in page
    assert token not in page
    assert scalar("SELECT count(*) FROM api_tokens WHERE token_hash LIKE 'cherha%%'") == 0


@pytest.mark.parametrize("token", ["", "guess", "cherha_guess", "cherha_" + "x" * 5000, "cherha_ä"])
def test_a_wrong_token_is_refused_wherever_it_is_shown(token: str, app: Flask) -> None:
    for path in ("/api/jobs", "/", "/stt/", "/jobs/", "/userreg/", "/account/"):
        answer = ask(app, token, path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_token_opens_nothing(app: Flask) -> None:
    client = person(app)
    token = make(client, "read")
    assert ask(app, token).status_code == 200

    press(client, f"/account/tokens/{scalar('SELECT id FROM api_tokens')}/revoke")
    assert ask(app, token).status_code == 401


def test_an_expired_token_opens_nothing(app: Flask) -> None:
    token = make(person(app), "read", days="30")
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE api_tokens SET expires_at = expires_at - interval '30 days'")

    assert ask(app, token).status_code == 401


def test_nobody_revokes_anothers_token(app: Flask) -> None:
    token = make(person(app), "read")
    stranger = person(app, "ben")

    path = f"/account/tokens/{scalar('SELECT id FROM api_tokens')}/revoke"
    assert press(stranger, path).status_code == 404
    assert ask(app, token).status_code == 200


def test_a_token_may_what_it_was_made_for(app: Flask) -> None:
    client = person(app)
    reading, sending = make(client, "read"), make(client, "submit")

    assert ask(app, reading).status_code == 200
    assert ask(app, sending).status_code == 403
    assert send_recording(app, reading).status_code == 403
    sent = send_recording(app, sending)
    assert sent.status_code == 202
    assert sent.json is not None
    path = f"/api/jobs/{sent.json['job_id']}/cancel"
    assert ask(app, reading, path, "POST").status_code == 403
    assert ask(app, sending, path, "POST").status_code == 200


def test_an_operators_token_sees_everything_only_if_it_was_made_for_that(app: Flask) -> None:
    client = person(app)
    command.main(["make-operator", "ANN"])
    upload(guest(app), (recording("days.flac"), "of a guest.flac"))
    plain, operating = make(client, "read"), make(client, "read", "operate")

    assert "of a guest" not in ask(app, plain).text
    assert "of a guest" in ask(app, operating).text
    command.main(["make-user", "ann"])
    assert "of a guest" not in ask(app, operating).text


def test_an_operators_token_may_all_that_others_may(app: Flask) -> None:
    client = person(app)
    command.main(["make-operator", "ann"])
    operating = make(client, "operate")

    assert ask(app, operating).status_code == 200
    assert send_recording(app, operating).status_code == 202


def test_only_operators_make_tokens_of_operators(app: Flask) -> None:
    answer = send(person(app), "/account/tokens", "/account/", name="x", scopes="operate", days="")

    assert answer.status_code == 422
    assert scalar("SELECT count(*) FROM api_tokens") == 0


def test_a_token_changes_no_account(app: Flask) -> None:
    token = make(person(app), "read", "submit")

    for path, method in (
        ("/account/", "GET"),
        ("/account/export", "GET"),
        ("/account/tokens", "POST"),
        ("/account/password", "POST"),
        ("/account/delete", "POST"),
    ):
        assert ask(app, token, path, method).status_code == 403
    assert scalar("SELECT count(*) FROM users") == 1


def test_it_is_noted_when_a_token_was_used(app: Flask) -> None:
    client = person(app)
    token = make(client, "read")
    assert "Never used" in look(client, "/account/").text

    ask(app, token)
    assert "Last used" in look(client, "/account/").text


def test_a_token_counts_and_not_the_cookie_beside_it(app: Flask) -> None:
    ann, ben = person(app), person(app, "ben")
    token = make(ann, "read", "submit")
    mine = send_recording(app, token).json
    assert mine is not None

    headers = {"Authorization": f"bearer {token}"}
    answer = ben.post(f"/api/jobs/{mine['job_id']}/cancel", headers=headers)
    assert answer.status_code == 200, "and no form's token is asked for"


def test_clients_of_openai_send_ours_or_any_key(app: Flask) -> None:
    token = make(person(app), "read", "submit")

    assert ask(app, "sk-of-somebody-else", "/v1/models").status_code == 200
    assert ask(app, token, "/v1/models").status_code == 200
    answer = ask(app, "cherha_guess", "/v1/models")
    assert answer.status_code == 401
    assert answer.json is not None
    assert "no such token" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/stt/"),
        ("POST", "/stt/task"),
        ("POST", "/stt/native"),
        ("POST", "/uploads/"),
        ("GET", "/v1/models"),
        ("POST", "/v1/audio/transcriptions"),
    ],
)
def test_without_guests_the_doors_are_shut(
    method: str, path: str, app: Flask, setting: Callable[..., None]
) -> None:
    token = make(person(app), "read", "submit")
    setting(allow_guests=False)

    assert program(app).open(path, method=method).status_code == 401
    assert ask(app, "sk-of-somebody-else", path, method).status_code == 401
    assert ask(app, token, path, method).status_code != 401


def test_without_guests_a_person_is_led_to_the_login(
    app: Flask, setting: Callable[..., None]
) -> None:
    setting(allow_guests=False)

    answer = look(guest(app), "/stt/")
    assert (answer.status_code, answer.location) == (302, "/login?next=/stt/")
    assert "Register" in look(guest(app), "/").text
    assert look(person(app), "/stt/").status_code == 200
