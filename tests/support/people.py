"""The cast: a guest, another guest, somebody without cookies, an operator."""

from flask import Flask
from flask.testing import FlaskClient

from app_srvc.accounts import operator_links
from tests.support.pages import look, press


def guest(app: Flask) -> FlaskClient:
    """Return the browser of somebody who has looked at a page."""
    client = app.test_client()
    look(client, "/")
    return client


def program(app: Flask) -> FlaskClient:
    """Return something like curl."""
    return app.test_client(use_cookies=False)


def operator(app: Flask) -> FlaskClient:
    """Return the browser of somebody who has used an operator's link."""
    client = guest(app)
    secret = operator_links.make_link().partition("token=")[2]
    assert press(client, "/operator", token=secret).status_code == 302
    return client
