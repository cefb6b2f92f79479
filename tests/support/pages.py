"""What a person does with pages, through Flask's test client."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.web import form

HTML = {"Accept": "text/html"}


def look(client: FlaskClient, path: str) -> TestResponse:
    """Open a page as a browser does."""
    return client.get(path, headers=HTML)


def token(client: FlaskClient, path: str = "/stt/") -> str:
    """Return the token in a page's form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', look(client, path).text)
    assert found is not None
    return found.group(1)


def press(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Press a button on a page that was looked at."""
    data = {"csrf_token": token(client), **fields}
    return client.post(path, data=data, headers=HTML)


def upload(
    client: FlaskClient, *files: tuple[bytes, str], path: str = "/stt/", **options: Any
) -> TestResponse:
    """Send files in the form, as a browser without scripts does."""
    fields = {"csrf_token": token(client)} if path == "/stt/" else {}
    body, content_type = form([(name, content) for content, name in files], **fields)
    headers = options.pop("headers", HTML if path == "/stt/" else {})
    return client.post(path, data=body, content_type=content_type, headers=headers, **options)
