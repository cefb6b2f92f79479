"""The one-time link that makes an operator."""

from collections.abc import Callable

import pytest
from flask import Flask

from app_srvc import db
from app_srvc.accounts import __main__ as command
from app_srvc.accounts import operator_links
from tests.support.pages import look, press
from tests.support.people import guest, operator
from tests.support.rows import rows


def test_the_link_asks_before_it_is_used_up(app: Flask) -> None:
    client = guest(app)
    path = operator_links.make_link()

    assert "Become an operator" in look(client, path).text
    assert "Become an operator" in look(client, path).text
    press(client, "/operator", token=path.partition("token=")[2])
    assert "All jobs" in look(client, "/jobs/").text


def test_the_link_works_once(app: Flask) -> None:
    secret = operator_links.make_link().partition("token=")[2]
    press(guest(app), "/operator", token=secret)

    second = guest(app)
    response = press(second, "/operator", token=secret)
    assert response.status_code == 404
    assert "used already" in response.text
    assert "My jobs" in look(second, "/jobs/").text


@pytest.mark.parametrize("secret", ["", "guess", "x" * 5000, "'; DROP TABLE jobs; --"])
def test_a_wrong_link_is_not_found(secret: str, app: Flask) -> None:
    assert press(guest(app), "/operator", token=secret).status_code == 404


def test_the_link_is_too_old_after_an_hour(app: Flask) -> None:
    secret = operator_links.make_link().partition("token=")[2]
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE operator_links SET expires_at = expires_at - interval '1 hour'")

    assert press(guest(app), "/operator", token=secret).status_code == 404


def test_only_a_hash_of_the_link_is_stored(app: Flask) -> None:
    secret = operator_links.make_link().partition("token=")[2]

    assert secret not in str(rows("SELECT * FROM operator_links"))


def test_a_page_that_says_that_the_database_is_down_is_shown_to_operators_too(
    app: Flask, setting: Callable[..., None]
) -> None:
    client = operator(app)
    setting(database_url="postgresql:///cherha?host=/nowhere")
    db.close_idle()

    assert look(client, "/jobs/").status_code == 503


def test_the_right_ends_after_half_a_day(app: Flask) -> None:
    client = operator(app)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE operators SET expires_at = expires_at - interval '12 hours'")

    assert "My jobs" in look(client, "/jobs/").text


def test_an_operator_can_stop_being_one(app: Flask) -> None:
    client = operator(app)

    copy = client.get_cookie("cherha")
    press(client, "/operator/leave")
    assert "My jobs" in look(client, "/jobs/").text
    assert copy is not None
    client.set_cookie("cherha", copy.value)
    assert "My jobs" in look(client, "/jobs/").text, "a copy of the cookie is worth nothing"


def test_the_command_prints_a_link(
    database: None, capsys: pytest.CaptureFixture[str], setting: Callable[..., None]
) -> None:
    command.main(["operator-link"])
    assert capsys.readouterr().out.startswith("/operator?token=")
    setting(database_url="postgresql:///cherha?host=/nowhere")
    db.close_idle()
    with pytest.raises(SystemExit, match="database"):
        command.main(["operator-link"])
