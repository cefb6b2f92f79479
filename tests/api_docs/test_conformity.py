"""The real server answers everything as its description says, whatever it is sent, and never 500.

Here it is a few examples of each operation; `API_EXAMPLES=100` makes it a hundred.
"""

import itertools
import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app_srvc.accounts import viewing
from app_srvc.uploads.headers import MEDIA_TYPE
from tests.support import processing, tasks
from tests.support.accounts import bearer, member
from tests.support.recordings import recording
from tests.support.submitting import submit
from tests.support.web import Web, post_files
from tests.support.workers import Workers, wait_for, wait_for_end

pytestmark = [
    pytest.mark.usefixtures("database"),
    pytest.mark.filterwarnings("ignore"),  # Of libraries that only generate what is sent.
]

EXAMPLES = int(os.environ.get("API_EXAMPLES", "6"))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance,
]  # fmt: skip


@schemathesis.serializer(MEDIA_TYPE)
def write_piece(_context: object, value: Any) -> bytes:
    """Write a piece of a file as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture
def served(database: None, setting: Callable[..., None], workers: Workers) -> Iterator[Web]:
    """Start a web process and workers that are asked soon."""
    setting(wait_seconds=1, call_take_seconds=10)
    web = Web()
    workers.start("callworker.py", "--processes", "1", "--threads", "2")
    workers.start()
    yield web
    web.stop()


def test_whatever_is_sent_the_answer_is_as_described(served: Web) -> None:
    headers = bearer(member("olena", role="operator"), viewing.OPERATE, viewing.SUBMIT)
    values = there_is(served)
    schema = schemathesis.openapi.from_url(f"{served.url}/api/openapi.json")
    wrong: dict[str, str] = {}
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) > 40
    for operation in operations:
        try:
            try_out(operation, served.url, headers, values)
        except (BaseExceptionGroup, AssertionError) as error:
            wrong[operation.label] = told(error)

    assert wrong == {}, "\n\n".join(f"{label}: {what}" for label, what in wrong.items())


def try_out(
    operation: Any, url: str, headers: dict[str, str], values: dict[str, list[str]]
) -> None:
    """Send examples of an operation, and check each answer."""
    numbers = itertools.count()

    @seed(11)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        number = next(numbers)
        for name in case.path_parameters or {}:
            there = values.get(name, [])
            if number % 3 and there and "/models/" not in operation.path:
                case.path_parameters[name] = there[number % len(there)]
        sent = {name: value for name, value in headers.items() if name != "Accept"}
        case.call_and_validate(
            base_url=url, headers=sent | {"Accept": "application/json"}, checks=CHECKS, timeout=60
        )

    send()


def there_is(served: Web) -> dict[str, list[str]]:
    """Make something of each kind, and return the ids and names by what they are called."""
    answer = post_files(f"{served.url}/stt/task", [("days.flac", recording("days.flac"))])
    transcribed = json.loads(answer.body)["job_id"]
    counted = submit(tasks.count, os.devnull)
    for job_id in (transcribed, counted):
        wait_for_end(job_id)
    wait_for(lambda: is_called(served))
    processing.processor("letters")
    begun = urllib.request.urlopen(
        urllib.request.Request(
            f"{served.url}/uploads/", b"", {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}
        )
    )
    return {
        "job_id": [transcribed, counted],
        "name": ["letters"],
        "upload_id": [begun.headers["Location"].rpartition("/")[2]],
    }


def is_called(served: Web) -> bool:
    """Say whether quick calls are answered."""
    with urllib.request.urlopen(f"{served.url}/call/hello") as answer:
        return bool(answer.status == 200)


def told(error: BaseException) -> str:
    """Return what was wrong, in the words of whoever found it."""
    causes = error.exceptions if isinstance(error, BaseExceptionGroup) else [error]
    return "\n".join(str(cause)[:1500] for cause in causes)
