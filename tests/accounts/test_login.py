"""Coming in and going out."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute

from app_srvc import db
from app_srvc.accounts import names, passwords, throttling
from app_srvc.accounts.repository import users
from tests.conftest import Servers
from tests.support.pages import look, press
from tests.support.people import guest, operator
from tests.support.registering import PASSWORD, hidden, is_logged_in, log_in, person, send
from tests.support.rows import rows, scalar


def cookie_of(client: FlaskClient) -> str:
    """Return the cookie of a browser."""
    cookie = client.get_cookie("cherha")
    assert cookie is not None
    value: str = cookie.value
    return value


def dump_of_tables() -> str:
    """Return every value of every row."""
    tables = rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    whole = [rows(f'SELECT whole::text FROM "{name}" AS whole') for (name,) in tables]
    return str(whole)


@pytest.mark.parametrize("login", ["ann", "ANN", "ann@example.org", "Ann@Example.org"])
def test_login_or_address_open_the_door(login: str, app: Flask) -> None:
    person(app)
    client = guest(app)

    answer = log_in(client, login)
    assert (answer.status_code, answer.location) == (303, "/")
    assert "Hello, Ann." in look(client, "/").text
    assert is_logged_in(client)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("ann", "not her password"),
        ("nobody", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("ann", PASSWORD.upper()),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ("x" * 100_000, "x" * 100_000),
        ("ann\0", PASSWORD),
    ],
)
def test_whatever_is_wrong_the_words_are_the_same(login: str, password: str, app: Flask) -> None:
    person(app)
    client = guest(app)

    answer = log_in(client, login, password)
    assert answer.status_code == 422
    assert "Login or password is wrong." in answer.text
    assert not is_logged_in(client)


def test_an_empty_form_says_what_is_missing(app: Flask) -> None:
    answer = log_in(guest(app), "", "")

    assert answer.status_code == 422
    assert "Please write your login." in answer.text
    assert "Please write your password." in answer.text


def test_whoever_waits_for_a_password_cannot_log_in(app: Flask) -> None:
    with db.transaction() as conn:
        login, email = names.login("ben"), names.email("ben@example.org")
        profile = users.Profile("B", "B", "b b", *login, *email, "+380441234567", None)
        users.add(conn, "00000000-0000-4000-8000-000000000001", profile)

    for password in ("", PASSWORD):
        assert log_in(guest(app), "ben", password).status_code == 422


def test_the_cookie_is_made_anew_with_each_login(app: Flask) -> None:
    person(app)
    client = guest(app)
    page = look(client, "/login").text
    before = hidden(page, "csrf_token")
    log_in(client, "ann")

    first = cookie_of(client)
    with client.session_transaction() as session:
        assert "guest" not in session
    answer = client.post("/logout", data={"csrf_token": before})
    assert answer.status_code == 400, "the token of a form from before is worthless"
    press(client, "/logout")
    log_in(client, "ann")
    assert cookie_of(client) != first


def test_a_copy_of_the_cookie_is_worth_nothing_after_logout(app: Flask) -> None:
    client = person(app)
    copy = cookie_of(client)

    press(client, "/logout")
    assert not is_logged_in(client)
    client.set_cookie("cherha", copy)
    assert not is_logged_in(client)
    assert look(client, "/account/").status_code == 302


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
    app: Flask, setting: Callable[..., None]
) -> None:
    from app_srvc import webapp

    setting(cookies_secure=True)
    answer = look(webapp.create_app().test_client(), "/")

    cookie = answer.headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/account/", "/account/"),
        ("/jobs/?q=a", "/jobs/?q=a"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\t//evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_after_login_one_is_led_on_within_this_site_only(
    wanted: str, led_to: str, app: Flask
) -> None:
    person(app)

    assert log_in(guest(app), "ann", next=wanted).location == led_to


def test_a_page_for_those_with_an_account_leads_to_the_login_and_back(app: Flask) -> None:
    person(app)
    client = guest(app)

    answer = look(client, "/account/")
    assert (answer.status_code, answer.location) == (302, "/login?next=/account/")
    assert 'name="next"' in look(client, answer.location).text
    assert log_in(client, "ann", next="/account/").location == "/account/"


def test_ten_wrong_passwords_lock_for_a_while(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    person(app)
    client = guest(app)
    for _ in range(10):
        assert log_in(client, "ann", "a guess at it").status_code == 422

    answer = log_in(client, "ann")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60
    assert "tried too often" in answer.text
    for _ in range(10):
        assert log_in(client, "ann@example.org", "a guess at it").status_code == 422
    assert log_in(client, "ann@example.org").status_code == 429
    assert log_in(guest(app), "nobody", "a guess at it").status_code == 422


def test_names_that_nobody_has_are_locked_as_well(app: Flask) -> None:
    answers = [log_in(guest(app), "nobody", "a guess at it").status_code for _ in range(11)]

    assert answers == [422] * 10 + [429]


def test_an_address_has_its_number_of_tries(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    person(app)
    monkeypatch.setattr(throttling, "FROM_ADDRESS", RateLimitItemPerMinute(3, 15))

    answers = [log_in(guest(app), f"name{n}", "a guess at it").status_code for n in range(4)]
    assert answers == [422, 422, 422, 429]


def test_a_right_password_forgives_the_wrong_ones(app: Flask) -> None:
    person(app)
    for _ in range(2):
        for _ in range(9):
            log_in(guest(app), "ann", "a guess at it")
        assert log_in(guest(app), "ann").status_code == 303


def test_tries_are_counted_with_redis_away(app: Flask, setting: Callable[..., None]) -> None:
    person(app)
    setting(queue_url="redis://127.0.0.1:1/0")

    answers = [log_in(guest(app), "zoe", "a guess at it").status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


def test_somebody_locked_is_told_so_with_the_right_password_only(app: Flask) -> None:
    client = person(app)
    with db.transaction() as conn:
        users.set_locked(conn, str(scalar("SELECT id FROM users")), locked=True)

    assert not is_logged_in(client), "their sessions are over"
    assert "wrong" in log_in(client, "ann", "a guess at it").text
    answer = log_in(client, "ann")
    assert answer.status_code == 403
    assert "locked" in answer.text


def test_another_site_cannot_log_anybody_in(app: Flask) -> None:
    person(app)

    client = app.test_client()
    answer = client.post("/login", data={"login": "ann", "password": PASSWORD})
    assert answer.status_code == 400
    assert not is_logged_in(client)


def test_only_hashes_are_kept(app: Flask, backing: object) -> None:
    import redis

    from app_srvc import settings

    client = person(app)
    with client.session_transaction() as session:
        token = session["_user_id"]
    for _ in range(2):
        log_in(guest(app), "ann", "a guess at it")
    answer = send(client, "/account/tokens", "/account/", name="x", scopes="read", days="30")
    made = hidden(answer.text.replace("value=", 'name="made" value=', 1), "made")

    tables = dump_of_tables()
    server = redis.Redis.from_url(settings.load().queue_url)
    dump = b"".join(key + (server.dump(key) or b"") for key in server.scan_iter("*"))
    assert "$argon2id$" in tables
    assert dump
    for secret in (PASSWORD, token, made.removeprefix("cherha_")):
        assert secret not in tables
        assert secret.encode() not in dump
    for private in (b"ann", b"Archer", b"example.org", b"380441234567"):
        assert private not in dump


def test_a_hash_of_another_time_is_made_anew_at_login(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(app)
    before = scalar("SELECT password_hash FROM users")
    stronger = PasswordHasher(time_cost=2, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", stronger)

    assert log_in(guest(app), "ann").status_code == 303
    assert scalar("SELECT password_hash FROM users") != before
    assert log_in(guest(app), "ann").status_code == 303


def test_with_the_database_away_whoever_is_logged_in_sees_the_page_that_says_so(
    app: Flask, backing: Servers
) -> None:
    client = person(app)
    backing.kill("postgresql")
    try:
        for path in ("/", "/jobs/", "/account/", "/stt/"):
            answer = look(client, path)
            assert answer.status_code == 503
            assert "database does not answer" in answer.text
        assert client.get("/healthz").status_code == 200
    finally:
        backing.revive("postgresql")

    assert is_logged_in(client)


@pytest.mark.parametrize("path", ["/nowhere", "/static/nothing.js", "/nowhere%0Aforged"])
def test_a_wrong_token_at_a_wrong_address_is_a_plain_refusal(path: str, app: Flask) -> None:
    answer = app.test_client().get(path, headers={"Authorization": "Bearer cherha_guess"})

    assert answer.status_code == 404


def test_log_out_ends_the_operator_as_well(app: Flask) -> None:
    person(app)
    client = operator(app)
    log_in(client, "ann")
    assert look(client, "/userlist/").status_code == 200

    press(client, "/logout")
    assert look(client, "/userlist/").location == "/login?next=/userlist/"
