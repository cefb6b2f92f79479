"""Figures for a monitor."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app_srvc import db, webapp
from app_srvc.jobs.repository import changes, outcomes, workers
from app_srvc.jobs.states import State
from app_srvc.mail import posting
from app_srvc.queues import Queue
from tests.support import processing, tasks
from tests.support.accounts import add_user, bearer, member
from tests.support.figures import AS_MONITOR, TOKEN, Figures, figures
from tests.support.rows import rows, scalar
from tests.support.submitting import submit

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def monitor(setting: Callable[..., None], client: FlaskClient) -> FlaskClient:
    """Set the token of a monitor."""
    setting(metrics_token=TOKEN)
    return client


def begin(job_id: str) -> int:
    """Take a job as a worker does, and return the attempt."""
    with db.transaction() as conn:
        taken = changes.take(conn, job_id, "worker")
    assert taken is not None
    return taken.attempt


def end(job_id: str) -> None:
    """Take a job and finish it."""
    attempt = begin(job_id)
    with db.transaction() as conn:
        assert outcomes.finish(conn, job_id, attempt)


def job() -> str:
    """Submit a job that nobody works on."""
    return submit(tasks.count, "/nowhere")


def test_who_sends_the_token_may_read_them(monitor: FlaskClient) -> None:
    answer = monitor.get("/metrics", headers=AS_MONITOR)

    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {TOKEN}"}]
)
def test_without_it_nobody_may(monitor: FlaskClient, headers: dict[str, str]) -> None:
    answer = monitor.get("/metrics", headers=headers)

    assert answer.status_code == 401
    assert "cherha_" not in answer.text


def test_where_there_is_none_an_operator_may(client: FlaskClient) -> None:
    operator = bearer(member("boss", role="operator"), "operate")

    assert client.get("/metrics", headers=operator).status_code == 200
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer None"}).status_code == 401


def test_all_is_there_from_the_beginning_at_nothing(monitor: FlaskClient) -> None:
    found = figures(monitor)

    for queue in Queue:
        for state in ("waiting", "scheduled", "running"):
            assert found.of("cherha_queue_jobs", queue=queue, state=state) == 0
        for outcome in ("finished", "failed", "cancelled"):
            assert found.of("cherha_jobs_total", queue=queue, outcome=outcome) == 0
        for outcome in ("failed", "lost", "given back"):
            assert found.of("cherha_job_attempts_total", queue=queue, outcome=outcome) == 0
        assert found.of("cherha_oldest_waiting_seconds", queue=queue) == 0
        assert found.of("cherha_workers", queue=queue) == 0
        assert found.of("cherha_job_wait_seconds_count", queue=queue) == 0
    assert found.of("cherha_dispatching") == 0
    assert found.of("cherha_ready") == 5 - 1


def test_what_waits_and_runs_is_told_by_queue(monitor: FlaskClient) -> None:
    job(), job()
    begin(job())
    rows("UPDATE jobs SET waiting_since = now() - interval '90 seconds' RETURNING id")
    found = figures(monitor)

    assert found.of("cherha_queue_jobs", queue="stt", state="waiting") == 2
    assert found.of("cherha_queue_jobs", queue="stt", state="running") == 1
    assert 90 <= found.of("cherha_oldest_waiting_seconds", queue="stt") < 9000
    assert found.of("cherha_queue_jobs", queue="usrreg") == 0


def test_a_living_worker_counts_and_a_silent_one_does_not(monitor: FlaskClient) -> None:
    with db.transaction() as conn:
        workers.register(conn, "lives", ["stt", "stt-segments"], "host", 1)
        workers.register(conn, "silent", ["stt"], "host", 2)
    rows(
        "UPDATE workers SET seen_at = now() - interval '1 minute' WHERE name = 'silent' RETURNING 1"
    )
    found = figures(monitor)

    assert found.of("cherha_workers", queue="stt") == 1
    assert found.of("cherha_workers", queue="stt-segments") == 1


def test_each_end_is_counted_once_and_stays_when_the_job_is_deleted(monitor: FlaskClient) -> None:
    finished, failed, cancelled, stopped = job(), job(), job(), job()
    end(finished)
    attempt = begin(failed)
    with db.transaction() as conn:
        assert outcomes.fail(conn, failed, attempt, "No.", pause_seconds=None) == State.FAILED
        assert changes.cancel(conn, cancelled) == (State.CANCELLED, Queue.STT)
    attempt = begin(stopped)
    with db.transaction() as conn:
        assert changes.cancel(conn, stopped) == (State.RUNNING, Queue.STT)
        assert outcomes.stopped(conn, stopped, attempt)
        assert not outcomes.finish(conn, stopped, attempt)
        for job_id in (finished, failed, cancelled, stopped):
            assert changes.delete(conn, job_id)
    found = figures(monitor)

    assert scalar("SELECT count(*) FROM jobs") == 0
    assert found.of("cherha_jobs_total", queue="stt", outcome="finished") == 1
    assert found.of("cherha_jobs_total", queue="stt", outcome="failed") == 1
    assert found.of("cherha_jobs_total", queue="stt", outcome="cancelled") == 2
    # One of them never ran.
    assert found.of("cherha_job_run_seconds_count", queue="stt") == 3
    assert found.of("cherha_job_run_seconds_bucket", queue="stt", le="+Inf") == 3


def test_an_end_that_is_rolled_back_is_not_counted(monitor: FlaskClient) -> None:
    job_id = job()
    with db.transaction() as conn:
        changes.cancel(conn, job_id)
        conn.rollback()

    assert figures(monitor).of("cherha_jobs_total") == 0


def test_a_job_that_is_tried_again_ends_again(monitor: FlaskClient) -> None:
    job_id = job()
    with db.transaction() as conn:
        changes.cancel(conn, job_id)
        changes.retry(conn, job_id)
    end(job_id)
    found = figures(monitor)

    assert found.of("cherha_jobs_total", outcome="cancelled") == 1
    assert found.of("cherha_jobs_total", outcome="finished") == 1


def test_attempts_that_end_badly_are_counted_and_are_no_end_of_the_job(
    monitor: FlaskClient,
) -> None:
    job_id = job()
    attempt = begin(job_id)
    with db.transaction() as conn:
        outcomes.fail(conn, job_id, attempt, "Lost.", pause_seconds=0, outcome="lost")
    attempt = begin(job_id)
    with db.transaction() as conn:
        outcomes.give_back(conn, job_id, attempt)
    found = figures(monitor)

    assert found.of("cherha_job_attempts_total", queue="stt", outcome="lost") == 1
    assert found.of("cherha_job_attempts_total", queue="stt", outcome="given back") == 1
    assert found.of("cherha_job_attempts_total", queue="stt", outcome="failed") == 0
    assert found.of("cherha_jobs_total") == 0


def test_times_are_counted_where_they_belong(monitor: FlaskClient) -> None:
    job_id = job()
    attempt = begin(job_id)
    rows(
        "UPDATE jobs SET waiting_since = now() - interval '50 seconds', started_at = now()"
        " - interval '3 seconds', taken_at = now() - interval '3 seconds' RETURNING id"
    )
    with db.transaction() as conn:
        outcomes.finish(conn, job_id, attempt)
    found = figures(monitor)

    assert found.of("cherha_job_wait_seconds_bucket", queue="stt", le="30.0") == 0
    assert found.of("cherha_job_wait_seconds_bucket", queue="stt", le="60.0") == 1
    assert found.of("cherha_job_run_seconds_bucket", queue="stt", le="2.0") == 0
    assert found.of("cherha_job_run_seconds_bucket", queue="stt", le="14400.0") == 1
    assert 46 < found.of("cherha_job_wait_seconds_sum", queue="stt") < 48


def test_nobody_who_counts_waits_for_another(monitor: FlaskClient) -> None:
    first, second, third = job(), job(), job()
    with db.transaction() as conn:
        changes.cancel(conn, first)
        with db.transaction() as other:
            changes.cancel(other, second)
        changes.cancel(conn, third)

    assert figures(monitor).of("cherha_jobs_total", outcome="cancelled") == 3


def test_the_records_of_processors_are_told_by_state(monitor: FlaskClient) -> None:
    processing.processor("letters")
    processing.add(scalar("SELECT id FROM processors"), "a", "b")
    rows("UPDATE records SET status = 'dead', ended_at = now() WHERE source_key = 'a' RETURNING id")
    found = figures(monitor)

    assert found.of("cherha_processor_records", processor="letters", state="new") == 1
    assert found.of("cherha_processor_records", processor="letters", state="dead") == 1
    assert found.of("cherha_processor_records_done_total", processor="letters") == 0
    assert found.of("cherha_processor_running", processor="letters") == 0


def test_mails_of_the_day_are_told_by_what_became_of_them(monitor: FlaskClient) -> None:
    user_id = add_user("olena", email="olena@example.org")
    with db.transaction() as conn:
        posting.post(conn, user_id, "welcome")
        posting.post(conn, user_id, "reset")
    with db.transaction() as conn:
        changes.cancel(conn, scalar("SELECT job_id FROM mails LIMIT 1"))
    found = figures(monitor)

    assert found.of("cherha_mails_of_the_day", state="waiting") == 1
    assert found.of("cherha_mails_of_the_day", state="failed") == 1


def test_answers_are_counted_by_names_that_the_code_has(monitor: FlaskClient) -> None:
    before = figures(monitor)
    monitor.get("/healthz")
    monitor.get("/no/such/secret-path?secret-query")
    monitor.open("/healthz", method="SECRET-METHOD")
    found = figures(monitor)

    answered = found.of("cherha_http_requests_total", endpoint="health.alive", status="2xx")
    assert answered >= 1
    assert found.of("cherha_http_requests_total", method="other", endpoint="none", status="4xx")
    asked = {"endpoint": "metrics.show", "method": "GET"}
    assert found.of("cherha_http_requests_total", **asked) >= 1
    assert found.of("cherha_http_request_seconds_count", endpoint="none") >= 2
    assert "secret" not in found.text.lower()
    assert before.text != found.text


def test_nothing_about_anybody_is_told(monitor: FlaskClient) -> None:
    user_id = add_user("olena", email="olena@example.org")
    job_id = submit(tasks.count, "/nowhere", title="a secret.mp3", owner=f"user:{user_id}")
    with db.transaction() as conn:
        workers.register(conn, "somewhere-17", ["stt"], "somewhere", 17)
        changes.cancel(conn, job_id)
    text = figures(monitor).text

    for private in ("olena", user_id, job_id, "secret.mp3", "somewhere"):
        assert private not in text


def test_while_the_database_is_away_the_rest_is_told(
    database: None, setting: Callable[..., None]
) -> None:
    setting(metrics_token=TOKEN, database_url="postgresql:///cherha?host=/nowhere&user=x")
    db.close_idle()
    found = figures(webapp.create_app().test_client())

    assert found.of("cherha_ready", part="database") == 0
    assert found.of("cherha_ready", part="storage") == 1
    assert found.of("cherha_storage_free_bytes") > 0
    assert "cherha_queue_jobs" not in found.text


def test_labels_are_few(monitor: FlaskClient) -> None:
    found: Figures = figures(monitor)

    assert {label for sample in found.samples for label in sample.labels} <= {
        "queue", "state", "outcome", "le", "part", "processor", "method", "endpoint", "status",
            "kind", "limit",
    }  # fmt: skip
