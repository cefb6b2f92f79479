"""What a person does with pages, through Flask's test client."""

import io
import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

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
    data: dict[str, Any] = {"csrf_token": token(client)} if path == "/stt/" else {}
    data["file"] = [(io.BytesIO(content), name) for content, name in files]
    headers = options.pop("headers", HTML if path == "/stt/" else {})
    return client.post(path, data=data, headers=headers, **options)
