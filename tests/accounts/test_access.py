"""Whose a job is decides who sees and changes it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc.accounts import access
from app_srvc.jobs import submission
from tests.support.pages import look, token, upload
from tests.support.people import guest, operator, program
from tests.support.recordings import recording
from tests.support.rows import scalar

READ = [
    "/jobs/{id}",
    "/jobs/{id}/events",
    "/api/jobs/{id}",
    "/api/jobs/{id}?wait=0",
    "/stt/{id}",
    "/stt/{id}/segments",
    "/stt/{id}/recording",
    "/stt/{id}/transcript.txt",
    "/stt/{id}/transcript.srt",
    "/stt/task/{id}",
]
CHANGE = [
    ("POST", "/jobs/{id}/cancel"),
    ("POST", "/jobs/{id}/retry"),
    ("POST", "/jobs/{id}/delete"),
    ("POST", "/api/jobs/{id}/cancel"),
    ("POST", "/api/jobs/{id}/retry"),
    ("DELETE", "/api/jobs/{id}"),
    ("POST", "/stt/{id}/name"),
    ("POST", "/stt/{id}/again"),
]


def job_of(client: FlaskClient) -> str:
    """Upload a recording and return its job, which has ended."""
    response = upload(client, (recording("days.flac"), "days.flac"))
    job_id = response.location.rpartition("/")[2]
    submission.cancel(job_id)
    return job_id


def job_of_a_program(client: FlaskClient) -> str:
    """The same, without cookies."""
    response = upload(client, (recording("days.flac"), "days.flac"), path="/stt/task")
    assert response.json is not None
    job_id: str = response.json["job_id"]
    submission.cancel(job_id)
    return job_id


@pytest.mark.parametrize("path", READ)
def test_a_guest_sees_their_own_and_others_do_not(path: str, app: Flask) -> None:
    owner = guest(app)
    path = path.format(id=job_of(owner))

    for client, status in (
        (owner, 200),
        (guest(app), 404),
        (program(app), 404),
        (operator(app), 200),
    ):
        with look(client, path) as response:
            assert response.status_code == status


@pytest.mark.parametrize("path", READ)
def test_what_was_sent_without_cookies_opens_to_its_id(path: str, app: Flask) -> None:
    path = path.format(id=job_of_a_program(program(app)))

    for client in (program(app), guest(app), operator(app)):
        with look(client, path) as response:
            assert response.status_code == 200


@pytest.mark.parametrize(("method", "path"), CHANGE)
def test_nobody_changes_what_is_not_theirs(method: str, path: str, app: Flask) -> None:
    owner = guest(app)
    job_id = job_of(owner)

    for stranger in (guest(app), program(app)):
        headers = {"Accept": "text/html", "X-CSRFToken": token(stranger)}
        answer = stranger.open(path.format(id=job_id), method=method, headers=headers)
        assert answer.status_code == 404
    assert scalar("SELECT state FROM jobs WHERE id = %s", job_id) == "cancelled"


def test_the_cookie_is_sent_again_now_and_then(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = guest(app)
    assert "Set-Cookie" not in look(client, "/").headers

    monkeypatch.setattr(access, "RENEW_SECONDS", -1)
    assert "Expires=" in look(client, "/").headers["Set-Cookie"]


def test_the_list_shows_my_own(app: Flask) -> None:
    mine, theirs = guest(app), guest(app)
    job_of(mine)
    job_of(theirs)
    nobodys = job_of_a_program(program(app))

    def ids(client: FlaskClient) -> set[str]:
        answer = client.get("/api/jobs").json
        assert answer is not None
        return {job["id"] for job in answer["jobs"]}

    assert len(ids(mine)) == 1
    assert ids(mine).isdisjoint(ids(theirs))
    assert ids(program(app)) == set()
    assert ids(operator(app)) == ids(mine) | ids(theirs) | {nobodys}


@pytest.mark.parametrize(
    "job_id",
    [
        "00000000-0000-0000-0000-000000000000",
        "1",
        "nonsense",
        "../../etc/passwd",
        "%00",
        "' OR 1=1 --",
        "x" * 5000,
    ],
)
def test_an_unknown_or_malformed_id_is_not_found(job_id: str, app: Flask) -> None:
    for path in ("/jobs/{}", "/api/jobs/{}", "/stt/task/{}", "/jobs/{}/events"):
        assert program(app).get(path.format(job_id)).status_code == 404
