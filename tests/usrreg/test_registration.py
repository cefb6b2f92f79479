"""The registration form, and what becomes of what is sent with it."""

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app_srvc import db
from app_srvc.jobs import submission
from app_srvc.usrreg import tasks
from tests.support.pages import HTML, look
from tests.support.people import guest, operator, program
from tests.support.performing import perform
from tests.support.registering import (
    ANN,
    hidden,
    job_of,
    link_of,
    perform_all,
    person,
    register,
    set_password,
)
from tests.support.rows import rows, scalar

BEFORE_US = {
    "szFirstName": "Ann",
    "szLastName": "Archer",
    "szLogin": "ann",
    "szEmail": "ann@example.org",
    "szPhone": "+380441234567",
}


def send(client: FlaskClient, body: object, **headers: str) -> TestResponse:
    """Send a registration as a program does."""
    return client.post("/userregres/", json=body, headers=headers)


def state_of(job_id: str) -> tuple[object, ...]:
    """Return how a job stands, and why."""
    return rows("SELECT state, reason FROM jobs WHERE id = %s", job_id)[0]


def errors(answer: TestResponse) -> list[str]:
    """Return which fields a page complains of."""
    return re.findall(r'id="(\w+)-errors" role="alert"><ul>', answer.text)


def test_somebody_registers_and_is_told_what_to_do_next(app: Flask) -> None:
    client = guest(app)
    assert "An operator of this server" in look(client, "/userreg/").text
    response = register(client)
    page = look(client, response.location).text
    assert "Queue: registration" in page
    assert "You can close this page" in page

    perform_all()
    page = look(client, response.location).text
    assert "finished" in page
    assert "set your password" in page
    assert set_password(client, link_of("ann")).status_code == 303
    page = look(client, "/account/").text
    assert "ann@example.org" in page


def test_a_program_gets_the_queue_and_where_to_ask(app: Flask) -> None:
    answer = send(program(app), ANN)

    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.json["queue"] == "usrreg"
    assert answer.json["status_url"] == f"/api/jobs/{answer.json['job_id']}"
    perform_all()
    status = program(app).get(answer.json["status_url"]).json
    assert status is not None
    assert status["state"] == "finished"


@pytest.mark.parametrize("how", ["json", "form"])
def test_the_names_of_the_form_before_this_one_are_taken(how: str, app: Flask) -> None:
    client = program(app)
    headers = {"Accept": "application/json"}
    if how == "json":
        answer = client.post("/userregres/", json=BEFORE_US, headers=headers)
    else:
        answer = client.post("/userregres/", data=BEFORE_US, headers=headers)

    assert answer.status_code == 202
    perform_all()
    assert scalar("SELECT first_name || last_name || login || email || phone FROM users") == (
        "AnnArcheranann@example.org+380441234567".replace("anann", "annann")
    )


def test_an_empty_form_says_beside_each_field_what_is_missing(app: Flask) -> None:
    answer = register(guest(app), **dict.fromkeys(ANN, ""))

    assert answer.status_code == 422
    assert errors(answer) == list(ANN)
    assert scalar("SELECT count(*) FROM jobs") == 0


@pytest.mark.parametrize("field", list(ANN))
@pytest.mark.parametrize("value", ["   ", "x" * 100_000, "a\0b", "\u202e\u202e\u202e\u202e"])
def test_what_no_field_can_hold_is_refused_and_the_rest_stays(
    field: str, value: str, app: Flask
) -> None:
    answer = register(guest(app), **{field: value})

    assert answer.status_code == 422
    assert errors(answer) == [field]
    for name, kept in ANN.items():
        assert name == field or f'value="{kept}"' in answer.text
    assert scalar("SELECT count(*) FROM registrations") == 0


@pytest.mark.parametrize("login", ["аnn", "ann王"])
def test_a_login_of_mixed_scripts_is_refused(login: str, app: Flask) -> None:
    answer = register(guest(app), login=login)

    assert answer.status_code == 422
    assert "one script" in answer.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("[]", "application/json", 400),
        ('"ann"', "application/json", 400),
        ("null", "application/json", 400),
        ("{", "application/json", 400),
        ("", "application/json", 400),
        ("{}", "application/json", 422),
        (json.dumps(ANN | {"login": ["ann"]}), "application/json", 422),
        (json.dumps(ANN | {"phone": 380441234567}), "application/json", 422),
        (json.dumps(ANN | {"phone": None}), "application/json", 422),
        (json.dumps(ANN), "text/plain", 415),
        ("login=ann", "text/plain", 415),
        ("<ann/>", "application/xml", 415),
        ("", "", 415),
    ],
)
def test_what_is_no_registration_is_refused(body: str, kind: str, status: int, app: Flask) -> None:
    answer = program(app).post(
        "/userregres/", data=body, content_type=kind, headers={"Accept": "application/json"}
    )

    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["detail"]
    assert scalar("SELECT count(*) FROM jobs") == 0


def test_a_form_with_a_wrong_token_is_refused(app: Flask) -> None:
    client = guest(app)

    answer = client.post("/userregres/", data=ANN | {"csrf_token": "guess"}, headers=HTML)
    assert answer.status_code == 400
    assert scalar("SELECT count(*) FROM jobs") == 0


def test_markup_and_sql_are_names_like_any_other(app: Flask) -> None:
    odd = "<script>alert(1)</script>'; DROP TABLE users; --"
    client = guest(app)
    register(client, first_name=odd, last_name=odd)
    perform_all()

    assert scalar("SELECT first_name FROM users") == odd
    set_password(client, link_of("ann"))
    page = look(client, "/account/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_double_press_is_one_registration(app: Flask) -> None:
    client = guest(app)
    page = look(client, "/userreg/").text
    data = ANN | {name: hidden(page, name) for name in ("csrf_token", "once")}

    first = client.post("/userregres/", data=data, headers=HTML)
    second = client.post("/userregres/", data=data, headers=HTML)
    assert first.location == second.location
    perform_all()
    again = client.post("/userregres/", data=data, headers=HTML)
    assert again.location == first.location
    assert scalar("SELECT count(*) FROM jobs WHERE queue = 'usrreg' AND task LIKE 'usrreg%%'") == 1


def test_a_key_makes_repeated_requests_one(app: Flask) -> None:
    client = program(app)
    jobs = {
        answer.json["job_id"]
        for answer in (send(client, ANN, **{"Idempotency-Key": "my key"}) for _ in range(3))
        if answer.json
    }

    assert len(jobs) == 1
    other = send(client, ANN | {"login": "ben"}, **{"Idempotency-Key": "my key"})
    assert other.status_code == 422
    assert send(client, ANN, **{"Idempotency-Key": "x" * 256}).status_code == 400
    theirs = send(guest(app), ANN, **{"Idempotency-Key": "my key"})
    assert theirs.status_code == 400, "a cookie needs the token of a form"


def test_keys_of_two_guests_do_not_meet(app: Flask) -> None:
    locations = set()
    for client in (guest(app), guest(app)):
        page = look(client, "/userreg/").text
        data = ANN | {"csrf_token": hidden(page, "csrf_token"), "once": "the same"}
        locations.add(client.post("/userregres/", data=data, headers=HTML).location)

    assert len(locations) == 2


@pytest.mark.parametrize("login", ["ann", "ANN", "ＡＮＮ"])
def test_a_login_that_is_taken_ends_the_job_with_that_reason(login: str, app: Flask) -> None:
    person(app)
    sender = guest(app)
    job_id = job_of(register(sender, login=login, email="other@example.org"))
    perform_all()

    state, reason = state_of(job_id)
    assert state == "failed"
    assert "login is taken" in str(reason)
    assert "login is taken" in look(sender, f"/userreg/{job_id}").text
    for stranger in (guest(app), program(app)):
        assert stranger.get(f"/api/jobs/{job_id}").status_code == 404
        assert look(stranger, f"/userreg/{job_id}").status_code == 404
    assert scalar("SELECT count(*) FROM users") == 1


def test_an_address_that_is_taken_is_told_to_its_owner_alone(app: Flask) -> None:
    person(app)
    known, unknown = guest(app), guest(app)
    jobs = [
        job_of(register(known, login="ben", email="ANN@example.org")),
        job_of(register(unknown, login="cem", email="cem@example.org")),
    ]
    perform_all()

    def told(client: FlaskClient, job_id: str) -> list[str]:
        pages = [look(client, f"{path}/{job_id}").text for path in ("/userreg", "/jobs")]
        answer = client.get(f"/api/jobs/{job_id}").json
        assert answer is not None
        pages.append(json.dumps({k: v for k, v in answer.items() if not k.endswith("_at")}))
        moving = r'name="csrf_token" value="[^"]+"|<time.*?</time>'
        return [re.sub(moving, "", page.replace(job_id, "")) for page in pages]

    assert told(known, jobs[0]) == told(unknown, jobs[1])
    assert state_of(jobs[0]) == state_of(jobs[1]) == ("finished", None)
    assert scalar("SELECT count(*) FROM users WHERE login = 'ben'") == 0
    assert scalar("SELECT count(*) FROM mails WHERE kind = 'exists'") == 1


def test_the_login_beside_a_taken_address_tells_nothing_either(app: Flask) -> None:
    person(app)
    register(guest(app), login="ben", email="ann@example.org")
    perform_all()

    job_id = job_of(register(guest(app), login="ben", email="ben@example.org"))
    perform_all()
    assert state_of(job_id)[0] == "failed"
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE reserved_logins SET expires_at = now() - interval '1 second'")
        tasks.keep_house(conn)
    assert job_of(register(guest(app), login="ben", email="ben@example.org"))
    perform_all()
    assert scalar("SELECT count(*) FROM users WHERE login = 'ben'") == 1


@pytest.mark.parametrize("is_taken", [False, True])
def test_whoever_sends_an_address_twice_is_told_so_whether_it_is_taken_or_not(
    is_taken: bool, app: Flask
) -> None:
    if is_taken:
        person(app)
    client = guest(app)
    told = []
    for login in ("ben", "ben2", "ben3"):
        job_id = job_of(register(client, login=login, email="ann@example.org"))
        perform_all()
        told.append(state_of(job_id))

    again = "You have registered with this address already. Please look into your mail."
    assert told == [("finished", None), ("failed", again), ("failed", again)]


def test_another_login_can_be_tried_with_the_same_address(app: Flask) -> None:
    person(app)
    client = guest(app)
    job_of(register(client, login="ann", email="ben@example.org"))
    perform_all()

    job_id = job_of(register(client, login="ben", email="ben@example.org"))
    perform_all()
    assert state_of(job_id) == ("finished", None)
    assert scalar("SELECT count(*) FROM users WHERE login = 'ben'") == 1


def test_what_was_told_in_a_cancelled_registration_is_forgotten(app: Flask) -> None:
    job_id = job_of(register(guest(app)))
    submission.cancel(job_id)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE jobs SET ended_at = ended_at - interval '8 days'")
        tasks.keep_house(conn)

    assert scalar("SELECT count(*) FROM registrations WHERE profile IS NOT NULL") == 0
    submission.retry(job_id)
    perform_all()
    assert state_of(job_id)[0] == "failed"


def test_what_is_none_of_our_fields_is_left_alone(app: Flask) -> None:
    answer = send(program(app), ANN | {"newsletter": True, "id": 5})

    assert answer.status_code == 202
    assert send(program(app), ANN | {"login": "ben", "once": "\ud800"}).status_code == 202


def test_registering_a_strangers_address_over_and_over_sends_one_mail(app: Flask) -> None:
    person(app)
    for number in range(4):
        register(guest(app), login=f"ben{number}", email="ann@example.org")
    perform_all()

    assert scalar("SELECT count(*) FROM mails WHERE kind = 'exists'") == 1


def test_a_registration_that_runs_twice_makes_one_account_and_one_mail(app: Flask) -> None:
    job_id = job_of(register(guest(app)))
    with db.transaction() as conn, conn.cursor() as cur:
        perform(job_id)
        cur.execute("UPDATE jobs SET state = 'waiting', ended_at = NULL WHERE id = %s", (job_id,))
    perform_all()

    assert scalar("SELECT count(*) FROM users") == 1
    assert scalar("SELECT count(*) FROM mails") == 1


def test_what_was_told_is_forgotten_once_it_is_dealt_with(app: Flask) -> None:
    person(app)
    register(guest(app), login="ben", email="ann@example.org")
    perform_all()

    assert scalar("SELECT count(*) FROM registrations WHERE profile IS NOT NULL") == 0


def test_the_queue_carries_ids_and_logs_no_names(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    register(guest(app))
    perform_all()

    told = scalar("SELECT string_agg(args::text || title || coalesce(reason, ''), ' ') FROM jobs")
    for private in ("ann", "Archer", "example.org", "380441234567"):
        assert private not in told
        assert private not in caplog.text


def test_a_full_queue_takes_no_registration(app: Flask, setting: Callable[..., None]) -> None:
    setting(max_queue_depth=0)

    assert register(guest(app)).status_code == 503
    assert scalar("SELECT count(*) FROM registrations") == 0


def test_an_operator_sees_registrations(app: Flask) -> None:
    job_id = job_of(register(guest(app)))

    assert look(operator(app), f"/userreg/{job_id}").status_code == 200


def test_another_job_has_no_page_here(app: Flask) -> None:
    from tests.support.submitting import submit
    from tests.support.tasks import count

    job_id = submit(count, "/nowhere")
    assert look(program(app), f"/userreg/{job_id}").status_code == 404
