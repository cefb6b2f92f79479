"""Following a job: streams of events, and requests that wait."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from flask import Flask

from app_srvc import db, settings
from app_srvc.jobs import submission
from app_srvc.jobs.repository import changes, leases, outcomes
from app_srvc.web import patience
from tests.support import tasks
from tests.support.people import program
from tests.support.submitting import submit
from tests.support.web import Web, get
from tests.support.workers import wait_for


@pytest.fixture
def follow(web: Web) -> Iterator[Callable[[str], "Follower"]]:
    """Give a way to follow a job; the streams are closed with the test."""
    followers: list[Follower] = []

    def begin(job_id: str) -> Follower:
        followers.append(Follower(web, job_id))
        return followers[-1]

    yield begin
    web.stop()
    for follower in followers:
        wait_for(lambda: follower.has_ended)  # noqa: B023


class Follower:
    """Reads a stream of events in a thread."""

    def __init__(self, web: Web, job_id: str) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.headers: dict[str, str] = {}
        self.has_ended = False
        self._connection = HTTPConnection("127.0.0.1", web.port, timeout=60)
        self._connection.request("GET", f"/jobs/{job_id}/events")
        threading.Thread(target=self._read, daemon=True).start()

    def states(self) -> list[str]:
        """Return the states that were told, each once."""
        told = [job["state"] for job in self.jobs]
        return [state for n, state in enumerate(told) if n == 0 or told[n - 1] != state]

    def _read(self) -> None:
        response = self._connection.getresponse()
        self.headers = dict(response.headers)
        for raw in response:
            line = raw.decode().rstrip()
            self.lines.append(line)
            if line.startswith("data: {"):
                self.jobs.append(json.loads(line.removeprefix("data: ")))
        self._connection.close()
        self.has_ended = True


def test_a_stream_tells_each_change_at_once_and_ends_with_the_job(
    follow: Callable[[str], Follower],
) -> None:
    job_id = submit(tasks.count, "/dev/null")
    follower = follow(job_id)
    wait_for(lambda: follower.jobs)

    with db.transaction() as conn:
        changes.take(conn, job_id, "w")
    wait_for(lambda: follower.jobs[-1]["state"] == "running")
    with db.transaction() as conn:
        leases.report(conn, job_id, 1, "half-way", 0.5)
    wait_for(lambda: follower.jobs[-1]["progress"] == 0.5)
    with db.transaction() as conn:
        outcomes.finish(conn, job_id, 1)
    wait_for(lambda: follower.has_ended)
    assert follower.states() == ["waiting", "running", "finished"]
    assert follower.headers["Content-Type"].startswith("text/event-stream")
    assert follower.headers["X-Accel-Buffering"] == "no"
    assert follower.headers["Cache-Control"] == "no-cache"
    assert follower.headers["Content-Language"] == "en"
    assert "Accept-Language" in follower.headers["Vary"]


def test_who_comes_late_is_told_how_it_stands(follow: Callable[[str], Follower]) -> None:
    job_id = submit(tasks.count, "/dev/null")
    submission.cancel(job_id)

    follower = follow(job_id)
    wait_for(lambda: follower.has_ended)
    assert follower.states() == ["cancelled"]


def test_a_renewed_lease_is_no_event(follow: Callable[[str], Follower]) -> None:
    job_id = submit(tasks.count, "/dev/null")
    with db.transaction() as conn:
        changes.take(conn, job_id, "w")
    follower = follow(job_id)
    wait_for(lambda: follower.jobs)

    for _ in range(5):
        with db.transaction() as conn:
            assert leases.beat(conn, job_id, "w", 5)
    time.sleep(0.3)
    assert len(follower.jobs) == 1


def test_a_place_in_the_queue_moves_without_the_jobs_own_row_changing(
    follow: Callable[[str], Follower],
) -> None:
    first = submit(tasks.count, "/dev/null")
    follower = follow(submit(tasks.count, "/dev/null"))
    wait_for(lambda: follower.jobs)
    assert follower.jobs[0]["ahead"] == 1

    submission.cancel(first)
    wait_for(lambda: follower.jobs[-1]["ahead"] == 0)


def test_a_stream_outlives_the_loss_of_its_listening_connection(
    follow: Callable[[str], Follower],
) -> None:
    job_id = submit(tasks.count, "/dev/null")
    with db.transaction() as conn:
        changes.take(conn, job_id, "w")
    follower = follow(job_id)
    wait_for(lambda: follower.jobs)
    # The stream may have begun before the connection that listens for it.
    assert wait_for(end_listening_connections)
    with db.transaction() as conn:
        outcomes.finish(conn, job_id, 1)

    wait_for(lambda: follower.has_ended)
    assert follower.states()[-1] == "finished"


def end_listening_connections() -> int:
    """End the connections that listen for changes, and return how many there were."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%'"
        )
        row = cur.fetchone()
    return row[0] if row else 0


def test_a_deleted_job_ends_its_stream(follow: Callable[[str], Follower]) -> None:
    job_id = submit(tasks.count, "/dev/null")
    follower = follow(job_id)
    wait_for(lambda: follower.jobs)

    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("DELETE FROM jobs WHERE id = %s", (job_id,))
    wait_for(lambda: follower.has_ended)
    assert "event: gone" in follower.lines


def test_a_request_may_wait_for_the_end(web: Web) -> None:
    job_id = submit(tasks.count, "/dev/null")
    timer = threading.Timer(0.5, submission.cancel, [job_id])
    timer.start()

    answer = get(f"{web.url}/api/jobs/{job_id}?wait=20")
    timer.join()
    assert json.loads(answer.body)["state"] == "cancelled"


def test_a_request_that_has_waited_long_enough_tells_how_it_stands(web: Web) -> None:
    job_id = submit(tasks.count, "/dev/null")

    answer = get(f"{web.url}/api/jobs/{job_id}?wait=0.5")
    assert json.loads(answer.body)["state"] == "waiting"
    assert answer.seconds > 0.4


@pytest.mark.parametrize("wait", ["soon", "-1", "nan", "inf", "1e999"])
def test_a_wait_that_is_no_time_is_refused(wait: str, app: Flask) -> None:
    job_id = submit(tasks.count, "/dev/null")

    assert program(app).get(f"/api/jobs/{job_id}?wait={wait}").status_code == 422


def test_streams_leave_threads_for_other_requests(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SPARE_THREADS", settings.load().web_threads - 1)
    job_id = submit(tasks.count, "/dev/null")

    with patience.staying():
        streamed = program(app).get(f"/jobs/{job_id}/events")
        waited = program(app).get(f"/api/jobs/{job_id}?wait=60")
    assert streamed.status_code == 503
    assert streamed.headers["Retry-After"] == "10"
    assert waited.json is not None
    assert waited.json["state"] == "waiting"


def test_a_web_process_that_is_told_to_stop_does_not_wait_for_its_streams(
    web: Web, follow: Callable[[str], Follower]
) -> None:
    follower = follow(submit(tasks.count, "/dev/null"))
    wait_for(lambda: follower.jobs)

    web.stop()
    assert follower.jobs[-1]["state"] == "waiting"
