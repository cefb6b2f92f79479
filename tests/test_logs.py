"""Log lines, for people and for machines."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from app_srvc import logs


@pytest.fixture
def written(setting: Callable[..., None]) -> Iterator[Callable[[str], str]]:
    """Give a function that writes a line in a format and returns what came out."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def write(log_format: str) -> str:
        setting(log_format=log_format, log_level="INFO")
        logs.configure()
        (handler,) = root.handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(out := io.StringIO())
        with logs.about("job-1"):
            logging.getLogger("cherha.test").info("%d segments", 3)
        return out.getvalue()

    yield write
    root.handlers[:], level = before
    root.setLevel(level)


def test_a_line_for_people_names_the_job(written: Callable[[str], str]) -> None:
    assert "INFO    [job-1] cherha.test: 3 segments" in written("text")


def test_lines_of_the_server_are_cut_at_the_query() -> None:
    record = logging.LogRecord(
        "gunicorn.error", 40, "", 1, "bad %s at %s", ("GET /x?token=1", 3), None
    )

    assert logs.WithoutQueries().filter(record)
    assert record.getMessage() == "bad GET /x?… at 3"


def test_a_line_for_machines_is_json(written: Callable[[str], str]) -> None:
    line = json.loads(written("json"))

    assert line["about"] == "job-1"
    assert line["message"] == "3 segments"
    assert line["level"] == "INFO"
    assert {"time", "logger", "process"} <= set(line)


def test_the_mark_ends_with_its_block() -> None:
    with logs.about("a"):
        with logs.about("b"):
            assert logs.subject() == "b"
        assert logs.subject() == "a"
