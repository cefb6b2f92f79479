"""What every answer has in common: headers, ids, errors, tokens."""

import logging
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db, webapp
from tests.support.pages import HTML, look, press, token


@pytest.fixture
def app(database: None) -> Flask:
    """Return an application that no other test uses: some add a view to theirs."""
    return webapp.create_app()


def test_every_answer_says_how_long_it_took_and_which_request_it_was(client: FlaskClient) -> None:
    response = client.get("/healthz")

    assert re.fullmatch(r"\d+\.\d{4}", response.headers["X-Process-Time"])
    assert re.fullmatch(r"[0-9a-f]{16}", response.headers["X-Request-ID"])


def test_a_request_keeps_the_id_that_it_came_with(client: FlaskClient) -> None:
    given = client.get("/healthz", headers={"X-Request-ID": "trace-12345"})
    forged = client.get("/healthz", headers={"X-Request-ID": "a b\tforged"})

    assert given.headers["X-Request-ID"] == "trace-12345"
    assert re.fullmatch(r"[0-9a-f]{16}", forged.headers["X-Request-ID"])


def test_log_lines_carry_the_request_and_never_a_query(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "app_srvc.web.answers"):
        client.get("/operator?token=very-secret", headers={"X-Request-ID": "trace-12345"})

    assert "GET /operator 200" in caplog.text
    assert "very-secret" not in caplog.text


def test_an_address_cannot_forge_lines_of_the_log(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "app_srvc.web.answers"):
        client.get("/%0A2026-11-21%20INFO%20forged%1b[31m")

    (line,) = [record.getMessage() for record in caplog.records if "forged" in record.getMessage()]
    assert line.startswith("GET /%0A2026-11-21%20INFO%20forged%1B%5B31m 404")


@pytest.mark.parametrize("host", ["..", "a" * 300, "a..b", "\u3002"])
def test_a_host_that_cannot_be_is_refused(host: str, client: FlaskClient) -> None:
    response = client.get("/stt/", headers={"Host": host})

    assert response.status_code == 400


def test_nobody_is_sent_to_the_host_that_a_request_names(client: FlaskClient) -> None:
    response = client.get("/jobs?q=x", headers={"Host": "evil.example"})

    assert (response.status_code, response.location) == (308, "/jobs/?q=x")


def test_the_log_tells_no_values_of_a_row_that_failed(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute("INSERT INTO files (key, bytes) VALUES ('secret-name', NULL)")
        return ""

    app.add_url_rule("/broken", view_func=broken)
    assert look(app.test_client(), "/broken").status_code == 500
    assert "violates not-null constraint" in caplog.text
    assert "DETAIL" not in caplog.text


def test_pages_may_run_no_scripts_but_ours(client: FlaskClient) -> None:
    headers = look(client, "/stt/").headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_people_get_a_page_and_programs_a_problem(client: FlaskClient) -> None:
    page = look(client, "/nowhere")
    problem = client.get("/nowhere", headers={"Accept": "application/json"})
    api = client.get("/api/nowhere")

    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "nothing at this address" in page.text
    for answer in (problem, api):
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
        assert answer.json is not None
        assert answer.json["status"] == 404
        assert answer.json["request_id"] == answer.headers["X-Request-ID"]


def test_a_fault_of_ours_tells_its_number_and_nothing_else(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise RuntimeError("password=hunter2")

    app.add_url_rule("/broken", view_func=broken)
    response = look(app.test_client(), "/broken")

    assert response.status_code == 500
    assert "hunter2" not in response.text
    assert response.headers["X-Request-ID"] in response.text
    assert "hunter2" in caplog.text


def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient) -> None:
    response = client.put("/stt/")

    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


def test_a_form_without_its_token_changes_nothing(client: FlaskClient) -> None:
    look(client, "/stt/")

    response = client.post("/operator/leave", headers=HTML)
    assert response.status_code == 400
    assert "Reload the page" in response.text
    assert press(client, "/operator/leave").status_code == 302


def test_the_token_of_another_visitor_does_not_do(app: Flask) -> None:
    mine, theirs = app.test_client(), app.test_client()
    look(mine, "/stt/")
    stolen = token(theirs)

    response = mine.post("/operator/leave", data={"csrf_token": stolen}, headers=HTML)
    assert response.status_code == 400


def test_the_cookie_is_closed_to_scripts_and_other_sites(
    database: None, setting: Callable[..., None]
) -> None:
    setting(cookies_secure="true")
    cookie = look(webapp.create_app().test_client(), "/").headers["Set-Cookie"]

    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Secure"))


def test_a_program_gets_no_cookie(client: FlaskClient) -> None:
    response = client.get("/api/jobs")

    assert "Set-Cookie" not in response.headers


def test_static_files_are_kept_and_change_their_address_with_their_content(
    client: FlaskClient,
) -> None:
    found = re.search(r'href="(/static/style\.css\?v=\w{12})"', look(client, "/").text)

    assert found is not None
    with client.get(found.group(1)) as response:
        assert response.cache_control.max_age == 365 * 24 * 3600
        assert "Set-Cookie" not in response.headers


def test_a_script_that_another_one_imports_is_asked_for_again(client: FlaskClient) -> None:
    with client.get("/static/uploads/tus.js") as response:
        assert response.cache_control.no_cache
        assert response.cache_control.max_age is None
        assert response.headers["ETag"]


def test_the_sender_behind_a_trusted_proxy_may_use_https(
    database: None, setting: Callable[..., None]
) -> None:
    forwarded = {"X-Forwarded-Proto": "https"}
    without = webapp.create_app().test_client().get("/healthz", headers=forwarded)
    setting(trusted_proxies=1)
    behind = webapp.create_app().test_client().get("/healthz", headers=forwarded)

    assert "Strict-Transport-Security" not in without.headers
    assert "Strict-Transport-Security" in behind.headers


@pytest.mark.parametrize("path", ["/", "/stt/", "/jobs/", "/operator"])
def test_every_page_has_one_heading_a_title_and_a_way_past_the_menu(
    path: str, client: FlaskClient
) -> None:
    text = look(client, path).text

    assert len(re.findall("<h1", text)) == 1
    assert re.search(r"<title>\S.* · Cherha</title>", text)
    assert '<a class="skip" href="#main">' in text
