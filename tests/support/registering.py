"""People who register, set passwords and log in, through Flask's test client."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app_srvc import db
from app_srvc.accounts import password_links
from app_srvc.queues import Queue
from tests.support.pages import HTML, look
from tests.support.people import guest
from tests.support.performing import perform, waiting

PASSWORD = "four plain words together"
ANN = {
    "first_name": "Ann",
    "last_name": "Archer",
    "login": "ann",
    "email": "ann@example.org",
    "phone": "+380441234567",
}


def perform_all() -> None:
    """Do all that the queues of registrations and mail hold, and what follows from it."""
    while jobs := [*waiting(Queue.USRREG), *waiting(Queue.MAIL)]:
        for job_id in jobs:
            perform(job_id)


def hidden(page: str, name: str) -> str:
    """Return a hidden field of a page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found is not None, f"no {name}"
    return found.group(1)


def send(client: FlaskClient, path: str, page: str | None = None, **fields: Any) -> TestResponse:
    """Fill in the form of a page and send it."""
    page = page or path
    token = hidden(look(client, page).text, "csrf_token")
    return client.post(path, data={"csrf_token": token, **fields}, headers=HTML)


def register(client: FlaskClient, **told: str) -> TestResponse:
    """Fill in the registration form."""
    page = look(client, "/userreg/").text
    fields = ANN | told
    data = {"csrf_token": hidden(page, "csrf_token"), "once": hidden(page, "once"), **fields}
    return client.post("/userregres/", data=data, headers=HTML)


def job_of(response: TestResponse) -> str:
    """Return the job of a registration."""
    assert response.status_code == 303, response.text
    job_id: str = response.location.rpartition("/")[2]
    return job_id


def link_of(login: str) -> str:
    """Return the path of the newest link that was mailed to somebody."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT mails.link_id FROM mails JOIN users ON users.id = user_id"
            " JOIN password_links ON password_links.id = link_id"
            " WHERE login_key = %s ORDER BY mails.created_at DESC LIMIT 1",
            (login,),
        )
        row = cur.fetchone()
    assert row is not None, f"no link for {login}"
    return f"/password?token={password_links.token_of(row[0])}"


def set_password(client: FlaskClient, link: str, password: str = PASSWORD) -> TestResponse:
    """Open a link and set a password."""
    token = link.partition("token=")[2]
    return send(client, "/password", link, token=token, password=password, again=password)


def log_in(client: FlaskClient, login: str, password: str = PASSWORD, **more: str) -> TestResponse:
    """Log in on the page for it."""
    return send(client, "/login", login=login, password=password, **more)


def is_logged_in(client: FlaskClient) -> bool:
    """Say whether somebody has logged in there."""
    return "Log out" in look(client, "/").text


def person(app: Flask, login: str = "ann", client: FlaskClient | None = None) -> FlaskClient:
    """Return the browser of somebody who has registered, set a password and logged in."""
    client = client or guest(app)
    assert register(client, login=login, email=f"{login}@example.org").status_code == 303
    perform_all()
    assert set_password(client, link_of(login)).status_code == 303
    return client
