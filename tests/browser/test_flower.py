"""Flower behind the operators' login, and what it shows of a run."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app_srvc import settings
from app_srvc.flower import door
from app_srvc.jobs.states import State
from tests.conftest import Servers
from tests.support import brokers, tasks
from tests.support.accounts import logged_in, member
from tests.support.browsing import enter
from tests.support.pages import HTML
from tests.support.people import guest
from tests.support.submitting import submit
from tests.support.web import Web
from tests.support.workers import ROOT, Workers, job, wait_for, wait_for_end


@pytest.fixture
def flower(
    backing: Servers, database: None, setting: Callable[..., None], tmp_path: Path
) -> Iterator[str]:
    """Start Flower, with all queues on Celery."""
    url = f"celery+{backing.urls['redis']}"
    address = f"unix://{backing.run}/flower.sock"
    setting(queue_url=url, calls_queue_url=backing.urls["redis"], flower_url=address)
    brokers.empty(brokers.OfCelery(url))
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "app_srvc.flower"], cwd=ROOT)
    wait_for(lambda: answers("/flower/healthcheck"))
    yield address
    process.terminate()
    assert process.wait(60) == 0


def answers(path: str) -> bool:
    """Say whether Flower answers the web."""
    try:
        return door.get(path, "", None).status == 200
    except door.FlowerDown:
        return False


@pytest.fixture
def web(flower: str, worker: Workers) -> Iterator[Web]:
    """Start a web process beside it, and a worker."""
    web = Web()
    yield web
    web.stop()


def test_a_run_is_seen_by_name(app: Flask, web: Web, page: Page, tmp_path: Path) -> None:
    done = submit(tasks.count, str(tmp_path / "log"), title="My diary.mp3")
    failed = submit(tasks.refuse)
    running = submit(tasks.sleep, str(tmp_path / "other"), 600)
    for job_id in (done, failed):
        wait_for_end(job_id)
    wait_for(lambda: job(running).state == State.RUNNING)
    wait_for(lambda: b"task-" not in seen() and failed.encode() in seen())

    enter(page, app, web)
    page.goto("/")
    page.get_by_role("link", name="Flower").click()
    page.wait_for_url("**/flower/")
    expect(page.get_by_text("Online", exact=True)).to_be_visible()
    page.get_by_role("link", name="Tasks").click()
    page.wait_for_url("**/flower/tasks")
    for job_id, name, state in (
        (done, "support.count", "SUCCESS"), (failed, "support.refuse", "FAILURE"),
        (running, "support.sleep", "STARTED"),
    ):  # fmt: skip
        row = page.locator("#tasks-table tbody tr").filter(has_text=job_id)
        expect(row).to_contain_text(name)
        expect(row).to_contain_text(state)
    page.screenshot(path=tmp_path / "flower.png")
    assert "diary" not in page.content()
    page.goto(f"/flower/task/{failed}")
    expect(page.get_by_text("PermanentError").first).to_be_visible()


def seen() -> bytes:
    """Return what Flower has seen of tasks."""
    return door.get("/flower/api/tasks", "", None).body


def test_nobody_else_comes_in_and_nothing_is_changed(flower: str, app: Flask) -> None:
    paths = ("/flower/", "/flower/tasks", "/flower/api/workers", "/flower/metrics")
    somebody = logged_in(app, member("somebody"))
    for path in paths:
        asked = guest(app).get(path, headers=HTML)
        assert (asked.status_code, asked.location.partition("?")[0]) == (302, "/login")
        assert somebody.get(path).status_code == 404

    operator = logged_in(app, member("olena", role="operator"))
    assert operator.get("/flower/metrics").status_code == 404
    assert "Set-Cookie" not in operator.get("/flower/tasks").headers
    assert operator.post("/flower/api/worker/shutdown/any").status_code in {400, 405}
    for path in paths:
        with closing(door._OnSocket(flower.removeprefix("unix://"), 10)) as direct:
            direct.request("GET", path)
            assert direct.getresponse().status in {401, 404}


def test_without_flower_there_is_a_sentence(app: Flask, setting: Callable[..., None]) -> None:
    setting(flower_url="unix:///nowhere/flower.sock")

    told = logged_in(app, member("olena", role="operator")).get("/flower/", headers=HTML)
    assert told.status_code == 503
    assert "Flower does not answer." in told.text
    assert settings.load().celery_url is None
