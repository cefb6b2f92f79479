"""Pages about jobs: what the person sees and can press."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.jobs import submission
from app_srvc.jobs.repository import changes, leases, outcomes, workers
from app_srvc.jobs.states import State
from tests.support import tasks
from tests.support.pages import look, press
from tests.support.people import guest, operator
from tests.support.submitting import submit
from tests.support.workers import job

ZERO = "00000000-0000-0000-0000-000000000000"


def owner_of(client: FlaskClient) -> str:
    """Return the owner that this browser is."""
    with client.session_transaction() as session:
        return f"guest:{session['guest']}"


def submit_for(client: FlaskClient, title: str = "talk.mp3", **options: object) -> str:
    """Submit a job that belongs to this browser."""
    return submit(tasks.count, "/dev/null", owner=owner_of(client), title=title, **options)


def take(job_id: str) -> None:
    """Let a worker begin the job."""
    with db.transaction() as conn:
        assert changes.take(conn, job_id, "host-1-abc")


def test_an_empty_list_says_what_to_do(app: Flask) -> None:
    page = look(guest(app), "/jobs/").text

    assert "Nothing yet" in page
    assert 'href="/stt/"' in page


def test_a_waiting_job_shows_its_place_and_that_no_worker_runs(app: Flask) -> None:
    client = guest(app)
    submit(tasks.count, "/dev/null")
    job_id = submit_for(client)

    page = look(client, f"/jobs/{job_id}").text
    assert "One job is before this one." in page
    assert "No worker is running just now" in page
    assert "Cancel" in page


def test_a_waiting_job_shows_when_it_may_begin(app: Flask) -> None:
    client = guest(app)
    with db.transaction() as conn:
        workers.register(conn, "w", ["stt"], "host", 1)
    done = submit(tasks.count, "/dev/null", size=100)
    with db.transaction() as conn, conn.cursor() as cur:
        changes.take(conn, done, "w")
        outcomes.finish(conn, done, 1)
        cur.execute("UPDATE jobs SET taken_at = ended_at - interval '50 seconds'")
    submit(tasks.count, "/dev/null", size=1200)
    job_id = submit_for(client)

    answer = client.get(f"/api/jobs/{job_id}").json
    assert answer is not None
    assert answer["ahead"] == 1
    begin = datetime.fromisoformat(answer["begins_at"])
    assert abs(begin - datetime.now(UTC) - timedelta(minutes=10)) < timedelta(minutes=1)
    assert "It may begin at" in look(client, f"/jobs/{job_id}").text


def test_a_running_job_shows_its_stage_and_progress(app: Flask) -> None:
    client = guest(app)
    job_id = submit_for(client)
    take(job_id)
    with db.transaction() as conn:
        leases.report(conn, job_id, 1, "Recognising speech, 1:00 of 4:00", 0.25)

    page = look(client, f"/jobs/{job_id}").text
    assert "Recognising speech, 1:00 of 4:00" in page
    assert 'value="0.25"' in page
    assert "25%" in look(client, "/jobs/").text


def test_a_failed_job_shows_why_its_attempts_and_another_try(app: Flask) -> None:
    client = guest(app)
    job_id = submit_for(client)
    take(job_id)
    with db.transaction() as conn:
        outcomes.fail(conn, job_id, 1, "The file is no good.", pause_seconds=None)

    page = look(client, f"/jobs/{job_id}").text
    assert "The file is no good." in page
    assert "Try again" in page
    assert "Delete it" in page
    response = press(client, f"/jobs/{job_id}/retry")
    assert response.location == f"/jobs/{job_id}"
    assert job(job_id).state == State.WAITING


def test_a_paused_job_shows_when_it_is_tried_again(app: Flask) -> None:
    client = guest(app)
    job_id = submit_for(client)
    take(job_id)
    with db.transaction() as conn:
        outcomes.fail(conn, job_id, 1, "A hiccup.", pause_seconds=100)

    page = look(client, f"/jobs/{job_id}").text
    assert "The last try failed; there is going to be another." in page
    assert "It may begin at" in page


def test_cancel_and_delete_are_buttons(app: Flask) -> None:
    client = guest(app)
    job_id = submit_for(client)

    press(client, f"/jobs/{job_id}/cancel")
    assert "Cancelled." in look(client, f"/jobs/{job_id}").text
    assert press(client, f"/jobs/{job_id}/delete").location == "/jobs/"
    assert "talk.mp3 was deleted." in look(client, "/jobs/").text
    assert look(client, f"/jobs/{job_id}").status_code == 404


def test_what_was_deleted_can_be_brought_back(app: Flask) -> None:
    client = guest(app)
    job_id = submit_for(client)
    press(client, f"/jobs/{job_id}/cancel")
    assert "It can be brought back for a while" in look(client, f"/jobs/{job_id}").text
    press(client, f"/jobs/{job_id}/delete")

    page = look(client, "/jobs/").text
    assert "talk.mp3 is deleted, and gone for good at" in page
    assert f'action="/jobs/{job_id}/undo"' in page
    assert "talk.mp3" not in look(guest(app), "/jobs/").text
    assert press(guest(app), f"/jobs/{job_id}/undo").status_code == 404

    assert press(client, f"/jobs/{job_id}/undo").location == f"/jobs/{job_id}"
    assert "It is back." in look(client, f"/jobs/{job_id}").text
    assert "gone for good" not in look(client, "/jobs/").text


def test_an_operator_can_bring_back_what_they_deleted_of_somebody_else(app: Flask) -> None:
    client, boss = guest(app), operator(app)
    job_id = submit_for(client)
    press(client, f"/jobs/{job_id}/cancel")
    press(boss, f"/jobs/{job_id}/delete")

    assert f'action="/jobs/{job_id}/undo"' in look(boss, "/jobs/").text
    assert look(client, "/jobs/").text.count(f'action="/jobs/{job_id}/undo"') == 1
    press(boss, f"/jobs/{job_id}/undo")
    assert "Undo" not in look(boss, "/jobs/").text
    assert look(client, f"/jobs/{job_id}").status_code == 200


def test_nobody_is_told_of_bringing_back_where_that_is_not_possible(
    app: Flask, setting: Callable[..., None]
) -> None:
    setting(undo_minutes=0)
    client = guest(app)
    job_id = submit_for(client)
    press(client, f"/jobs/{job_id}/cancel")

    assert "brought back" not in look(client, f"/jobs/{job_id}").text
    press(client, f"/jobs/{job_id}/delete")
    assert "Undo" not in look(client, "/jobs/").text


def test_cancelling_a_running_job_says_that_it_is_being_cancelled(app: Flask) -> None:
    client = guest(app)
    job_id = submit_for(client)
    take(job_id)
    press(client, f"/jobs/{job_id}/cancel")

    page = look(client, f"/jobs/{job_id}").text
    assert "Being cancelled." in page
    assert f'action="/jobs/{job_id}/cancel"' not in page


def test_what_cannot_be_done_now_is_said_so(app: Flask) -> None:
    client = guest(app)
    job_id = submit_for(client)

    response = press(client, f"/jobs/{job_id}/retry")
    assert response.status_code == 409
    assert "Only a failed or cancelled job" in response.text


def test_a_name_with_markup_is_shown_as_it_is(app: Flask) -> None:
    client = guest(app)
    job_id = submit_for(client, title="<script>alert(1)</script>.mp3")

    for path in ("/jobs/", f"/jobs/{job_id}", "/"):
        page = look(client, path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;.mp3" in page


def test_the_list_can_be_searched_and_narrowed(app: Flask) -> None:
    client = guest(app)
    submit_for(client, title="100% wool.mp3")
    submit_for(client, title="other.mp3")
    cancelled = submit_for(client, title="third.mp3")
    submission.cancel(cancelled)

    found = look(client, "/jobs/?q=100%25").text
    assert "100% wool.mp3" in found
    assert "other.mp3" not in found
    assert "third.mp3" in look(client, "/jobs/?state=cancelled").text
    assert "other.mp3" not in look(client, "/jobs/?state=cancelled").text
    assert "No job is like that." in look(client, "/jobs/?q=nothing").text


def test_a_narrowing_that_does_not_exist_is_refused(app: Flask) -> None:
    client = guest(app)

    for query in (
        "state=lost",
        "queue=none",
        "limit=0",
        "limit=x",
        f"limit={'9' * 3900}",
        "q=%00",
        f"q={'x' * 201}",
        "before=yesterday",
        f"before=0001-01-01T00:00:00%2B23:59~{ZERO}",
        f"before=9999-12-31T23:59:59-23:59~{ZERO}",
    ):
        response = client.get(f"/api/jobs?{query}")
        assert response.status_code == 422, query
        assert response.json is not None
        assert query.split("=")[0] in response.json["errors"]


def test_a_wrong_narrowing_keeps_the_form(app: Flask) -> None:
    response = look(guest(app), f"/jobs/?q={'x' * 201}")

    assert response.status_code == 422
    assert "This takes at most 200 characters." in response.text
    assert f'value="{"x" * 201}"' in response.text
    assert (
        look(guest(app), f"/jobs/?before=2026-01-01T00:00:00%2B00:00:30.5~{ZERO}").status_code
        == 200
    )


def test_a_page_that_is_just_full_is_the_last(app: Flask) -> None:
    client = guest(app)
    for n in range(3):
        submit_for(client, title=f"{n}.mp3")

    assert 'rel="next"' not in look(client, "/jobs/?limit=3").text
    first = look(client, "/jobs/?limit=2&state=waiting").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = look(client, "/jobs/" + unescape(older.group(1))).text
    assert "0.mp3" in second
    assert 'href="?limit=2&amp;state=waiting">Newest jobs' in second


def test_cancel_and_retry_lead_back_to_where_they_were_pressed(app: Flask) -> None:
    client = guest(app)
    job_id = submit_for(client)

    assert press(client, f"/jobs/{job_id}/cancel").location == f"/jobs/{job_id}"
    # A job without a page of its own for results stays here.
    assert press(client, f"/jobs/{job_id}/retry?back=result").location == f"/jobs/{job_id}"


def test_pages_of_the_list_have_every_job_once(app: Flask) -> None:
    client = guest(app)
    ids = {submit_for(client, title=f"{n}.mp3") for n in range(7)}
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE jobs SET created_at = date_trunc('hour', now())")

    seen: list[str] = []
    address: str | None = "/api/jobs?limit=3"
    while address:
        answer = client.get(address).json
        assert answer is not None
        seen += [job["id"] for job in answer["jobs"]]
        address = answer["next"]
    assert len(seen) == 7
    assert set(seen) == ids


def test_an_operator_sees_whose_ever_job_and_can_cancel_it(app: Flask) -> None:
    job_id = submit_for(guest(app), title="theirs.mp3")
    client = operator(app)

    assert "theirs.mp3" in look(client, "/jobs/").text
    press(client, f"/jobs/{job_id}/cancel")
    assert job(job_id).state == State.CANCELLED


def test_a_page_of_a_moving_job_reloads_without_scripts(app: Flask) -> None:
    client = guest(app)
    job_id = submit_for(client)
    assert '<noscript><meta http-equiv="refresh"' in look(client, f"/jobs/{job_id}").text

    submission.cancel(job_id)
    assert "http-equiv" not in look(client, f"/jobs/{job_id}").text
