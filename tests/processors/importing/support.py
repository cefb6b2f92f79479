"""A processor, and files that are imported into it as an operator does."""

import io
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app_srvc import db
from app_srvc.processors.importing import reading
from app_srvc.processors.importing.items import Format, Item, Options
from app_srvc.processors.repository import imports, loops
from app_srvc.processors.repository.imports import Import
from tests.support.accounts import bearer, logged_in, member
from tests.support.pages import HTML, token
from tests.support.performing import perform
from tests.support.rows import scalar
from tests.support.web import form

PATH = "/processors/letters/import/"
JSON = {"Accept": "application/json"}


def add_processor(name: str = "letters") -> int:
    """Add a processor that is stopped, and return its id."""
    with db.transaction() as conn:
        processor_id = loops.add(conn, name, "Letters", "log")
    assert processor_id is not None
    return processor_id


def operator(app: Flask) -> FlaskClient:
    """Return the browser of an operator."""
    return logged_in(app, member("operator", role="operator"))


def robot() -> dict[str, str]:
    """Return the headers with which an operator's program comes."""
    return bearer(member("robot", role="operator"), "operate")


def send(client: FlaskClient, content: bytes, /, **fields: str) -> TestResponse:
    """Send a file in the form, as a person does."""
    return send_as(client, HTML, content, **fields)


def send_as(
    client: FlaskClient, headers: dict[str, str], content: bytes, /, **fields: str
) -> TestResponse:
    """Send a file as whoever comes with these headers."""
    fields = {"csrf_token": token(client, "/userreg/"), **fields}
    body, content_type = form([("letters.csv", content)], **fields)
    return client.post(PATH, data=body, content_type=content_type, headers=headers)


def imported(client: FlaskClient, content: bytes, **fields: str) -> Import:
    """Import a file, and return what is recorded of it."""
    answer = send(client, content, **fields)
    assert answer.status_code == 303, answer.text
    job_id = answer.location.rpartition("/")[2]
    perform(job_id)
    return found(job_id)


def found(job_id: str) -> Import:
    """Return an import."""
    with db.transaction() as conn:
        known = imports.find(conn, job_id)
    assert known is not None
    return known


def counts(of: Import) -> tuple[int, int, int]:
    """Return how many were new, known and bad."""
    return of.added, of.known, of.bad


def faults(of: Import) -> dict[int, str]:
    """Return what was wrong with which line."""
    with db.transaction() as conn:
        return dict(imports.faults(conn, of.job_id, -1, 1000))


def payload(key: str) -> bytes:
    """Return what is in a record."""
    statement = (
        "SELECT body FROM record_payloads JOIN records ON id = record_id WHERE source_key = %s"
    )
    return bytes(scalar(statement, key))


def read(content: bytes, kind: str, **options: Any) -> list[Item]:
    """Read a file that is in memory."""
    return list(reading.items(io.BytesIO(content), Options(Format(kind), **options)))


def keys(items: list[Item]) -> list[str]:
    """Return the keys of what is good."""
    return [item.record.source_key for item in items if item.record]


def wrong(items: list[Item]) -> dict[int, str]:
    """Return what is wrong with what is bad."""
    return {item.line: str(item.fault) for item in items if not item.record}
