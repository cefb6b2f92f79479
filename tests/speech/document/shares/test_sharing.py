"""Links to a transcript: what they open, for how long, and what they never show."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.accounts import secret
from app_srvc.jobs import deleting
from tests.speech.document.support import JSON, correct, count, send, text_of, transcript
from tests.support.pages import HTML, look, press
from tests.support.people import guest, program
from tests.support.registering import person
from tests.support.rows import rows, scalar


def share(client: FlaskClient, job_id: str, **fields: str) -> dict[str, str]:
    """Make a link."""
    made = send(client, f"/stt/{job_id}/shares", **fields)
    assert made.status_code == 201, made.text
    assert made.json is not None
    return dict(made.json)


def opened(app: Flask, url: str, part: str = "") -> int:
    """Return what a stranger meets behind a link."""
    with program(app).get(url.replace("/shared/?", f"/shared/{part}?"), headers=HTML) as answer:
        return answer.status_code


def test_whoever_has_the_link_reads_hears_and_downloads(app: Flask) -> None:
    client = person(app)
    job_id = transcript(client, "monday was gold", name="Board.wav")
    url = share(client, job_id)["url"]
    correct(client, job_id, "Monday was cold")
    stranger = app.test_client()

    page = look(stranger, url)
    assert page.status_code == 200
    assert re.findall(r'class="word"[^>]*>(\w+)<', page.text) == ["Monday", "was", "cold"]
    assert '<audio id="player" src="/shared/recording?token=' in page.text
    for word in ("ann", "Archer", "Correct", "Rename", "Delete", job_id, "user:"):
        assert not re.search(rf"\b{word}\b", page.text), word
    for kind in ("txt", "srt", "vtt", "json", "tsv", "docx"):
        assert opened(app, url, f"transcript.{kind}") == 200
    assert opened(app, url, "transcript.exe") == 404
    assert opened(app, url, "recording") == 200
    part = stranger.get(url.replace("/?", "/recording?"), headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.data)) == (206, 10)
    assert stranger.get(f"/stt/{job_id}", headers=HTML).status_code == 404


def test_nothing_of_it_is_indexed_told_to_others_or_kept(app: Flask) -> None:
    client = guest(app)
    url = share(client, transcript(client, "cold"))["url"]
    stranger = app.test_client()

    for path in (url, url.replace("/?", "/transcript.txt?"), "/shared/?token=wrong"):
        answer = look(stranger, path)
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
    assert '<meta name="robots" content="noindex' in look(stranger, url).text


def test_a_link_cannot_be_guessed_and_is_not_kept(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "cold")
    url = share(client, job_id)["url"]
    token = url.partition("token=")[2]

    assert re.fullmatch(r"[0-9a-f]{64}", token)
    assert token not in str(rows("SELECT * FROM shares"))
    assert scalar("SELECT token_hash FROM shares") == secret.digest(token)
    assert url in look(client, f"/stt/{job_id}/shares").text
    for wrong in ("", token[:-1], str(scalar("SELECT token_hash FROM shares"))):
        assert opened(app, f"/shared/?token={wrong}") == 404


def test_a_revoked_link_opens_nothing_and_others_stay(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "cold")
    one, other = share(client, job_id), share(client, job_id)

    path = f"/stt/{job_id}/shares/{one['id']}/revoke"
    assert press(client, path).location == f"/stt/{job_id}/shares"
    for part in ("", "recording", "transcript.txt"):
        assert opened(app, one["url"], part) == 404
    assert opened(app, other["url"]) == 200
    assert press(client, path).status_code == 404
    listed = client.get(f"/stt/{job_id}/shares", headers=JSON).json
    assert listed is not None
    assert [link["id"] for link in listed["shares"]] == [other["id"]]


def test_a_link_may_have_a_last_day(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "cold")
    today = datetime.now(UTC).date()
    made = share(client, job_id, last_day=str(today + timedelta(days=3)))
    assert made["last_day"] == str(today + timedelta(days=3))
    assert opened(app, made["url"]) == 200

    with db.transaction() as conn:
        conn.cursor().execute("UPDATE shares SET expires_at = now()")
    assert opened(app, made["url"]) == 404
    assert "It has ended." in look(client, f"/stt/{job_id}/shares").text


@pytest.mark.parametrize(
    ("day", "sentence"),
    [("2020-01-01", "That day has passed."), ("soon", "This takes a day, as 2026-12-31.")],
)
def test_a_day_that_is_none_is_said_beside_the_field(app: Flask, day: str, sentence: str) -> None:
    client = guest(app)
    job_id = transcript(client, "cold")

    page = press(client, f"/stt/{job_id}/shares", last_day=day)
    assert page.status_code == 422
    assert sentence in page.text
    assert count("shares") == 0


def test_the_recordings_own_end_wins(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "cold")
    url = share(client, job_id)["url"]
    with db.transaction() as conn:
        conn.cursor().execute("UPDATE recordings SET file_key = NULL")

    assert opened(app, url) == 200
    assert opened(app, url, "recording") == 404
    press(client, f"/jobs/{job_id}/delete?back=result")
    assert opened(app, url) == 404
    press(client, f"/jobs/{job_id}/undo?back=result")
    assert opened(app, url) == 200
    deleting.delete(job_id)
    assert opened(app, url) == 404
    assert count("shares") == 0


def test_nobody_shares_what_is_somebody_elses(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "cold")
    made = share(client, job_id)
    other = guest(app)
    mine = transcript(other, "mine")

    assert other.get(f"/stt/{job_id}/shares", headers=HTML).status_code == 404
    assert press(other, f"/stt/{job_id}/shares").status_code == 404
    for of in (job_id, mine):
        assert press(other, f"/stt/{of}/shares/{made['id']}/revoke").status_code == 404
    assert opened(app, made["url"]) == 200
    assert text_of(client, job_id) == "cold\n"


def test_who_follows_links_too_fast_is_told_so(app: Flask, setting: object) -> None:
    client = guest(app)
    url = share(client, transcript(client, "cold"))["url"]
    setting(rate_limits="shared=2/minute,*=off")  # type: ignore[operator]

    assert [opened(app, url) for _ in range(3)] == [200, 200, 429]
