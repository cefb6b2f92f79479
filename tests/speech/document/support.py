"""Transcripts to be corrected, shared and found."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.speech.test_reading import sent
from tests.support import transcripts
from tests.support.pages import token
from tests.support.rows import rows

JSON = {"Accept": "application/json"}


def transcript(client: FlaskClient, *sentences: str, name: str = "days.flac") -> str:
    """Send a recording in which these sentences are heard, and return its job."""
    job_id = sent(client, name)
    transcripts.finish(job_id, *sentences)
    return job_id


def send(client: FlaskClient, path: str, **fields: Any) -> TestResponse:
    """Press a button as a program with a browser's cookie does."""
    data = {"csrf_token": token(client), **fields}
    return client.post(path, data=data, headers=JSON)


def correct(
    client: FlaskClient, job_id: str, text: str, version: int = 0, position: int = 0
) -> TestResponse:
    """Give a passage another text."""
    path = f"/stt/{job_id}/passages/{position}"
    return send(client, path, text=text, version=str(version))


def text_of(client: FlaskClient, job_id: str, query: str = "") -> str:
    """Return the downloaded text."""
    return client.get(f"/stt/{job_id}/transcript.txt{query}").text


def count(table: str) -> int:
    """Return how many rows a table has."""
    (found,) = rows(f"SELECT count(*) FROM {table}")
    return int(found[0])
