"""What jobs are called: by what they work on, or by their task, in the reader's language."""

import json
import re
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient

from tests.support import tasks
from tests.support.mailing import posted
from tests.support.pages import look, press
from tests.support.people import guest, operator
from tests.support.registering import job_of, person, register
from tests.support.submitting import submit


def titles(client: FlaskClient, query: str = "") -> list[str]:
    """Return what the jobs on the list are called."""
    return re.findall(r'<td><a href="[^"]+">([^<]*)</a>', look(client, f"/jobs/{query}").text)


def reader(app: Flask, language: str = "uk") -> FlaskClient:
    """Open the browser of an operator, who sees all jobs, in a language."""
    client = operator(app)
    client.set_cookie("language", language)
    return client


def test_a_registration_is_called_so_in_each_language(app: Flask) -> None:
    client = guest(app)
    job_id = job_of(register(client))

    for language, title in (("en", "Registration"), ("uk", "Реєстрація"), ("zh_Hant", "註冊")):
        client.set_cookie("language", language)
        answer = client.get(f"/api/jobs/{job_id}").json
        assert titles(client) == [title]
        assert f"<h1>{title}</h1>" in look(client, f"/jobs/{job_id}").text
        assert answer is not None
        assert answer["title"] == title


def test_a_file_that_is_called_as_such_a_job_keeps_its_name(app: Flask) -> None:
    for name in ("Registration", "Mail"):
        submit(tasks.count, "/dev/null", title=name)
    posted()

    assert sorted(titles(reader(app))) == ["Mail", "Registration", "Лист"]


def test_a_job_is_found_by_what_its_reader_sees(app: Flask) -> None:
    submit(tasks.count, "/dev/null", title="лист.flac")
    submit(tasks.count, "/dev/null", title="days.flac")
    posted()

    assert titles(reader(app), f"?q={quote('лист')}") == ["Лист", "лист.flac"]
    assert titles(reader(app, "en"), "?q=mail") == ["Mail"]
    assert titles(reader(app), "?q=nothing") == []


def test_what_was_deleted_is_told_by_its_name(app: Flask) -> None:
    client = reader(app)
    job_id = job_of(register(client))
    press(client, f"/jobs/{job_id}/cancel")

    gone = look(client, press(client, f"/jobs/{job_id}/delete").location).text
    assert "Видалено: Реєстрація." in gone


def test_what_is_taken_along_has_the_names_that_were_read(app: Flask) -> None:
    client = guest(app)
    client.set_cookie("language", "uk")
    person(app, client=client)

    answer = client.get("/account/export")
    assert [job["title"] for job in json.loads(answer.text)["jobs"]] == ["Реєстрація"]
    assert answer.headers["Content-Language"] == "uk"
