"""rqmonitor in a real browser: every button of its three tables, against live queues."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Dialog, Page, Request, Response, expect

from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from tests.monitor.support import Cast, queue, raw
from tests.support import tasks
from tests.support.browsing import enter
from tests.support.submitting import submit
from tests.support.web import Web
from tests.support.workers import Workers, job, wait_for_end, wait_for_state


@pytest.fixture
def window(page: Page, app: Flask, web: Web) -> Iterator[Page]:
    """Open a window of an operator. No request may fail in it."""
    enter(page, app, web)
    failed: list[str] = []

    def look_at(answer: Response) -> None:
        if answer.status >= 400:
            failed.append(f"{answer.status} {answer.url}")

    def note(request: Request) -> None:
        # What is under way when the window is closed or the page is left is no failure.
        if request.failure != "net::ERR_ABORTED":
            failed.append(f"{request.failure} {request.url}")

    page.on("response", look_at)
    page.on("requestfailed", note)
    yield page
    assert failed == []


def confirm(window: Page, *said: str) -> None:
    """Read what a button is going to do, let it, and wait until that is done."""
    dialog = window.locator("#confirmation")
    for words in said:
        expect(dialog).to_contain_text(words)
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_text("Success", exact=True)).to_be_visible()
    expect(dialog).to_be_hidden()


def show_jobs(window: Page) -> None:
    """Open the table of jobs, with the lists of statuses and queues beside it."""
    if not window.locator("#jobsmenu").is_visible():
        window.locator("[data-target='#jobsmenu']").click()
    for name, box in (("Job Status", "#jobstatus"), ("Selected Queues", "#fromqueues")):
        if not window.locator(box).is_visible():
            window.get_by_role("link", name=name).click()
            expect(window.locator(box)).to_have_class("submenu collapse show")
    expect(window.locator("#jobs_table")).to_be_visible()


def tick(window: Page, box: str, wanted: set[str]) -> None:
    """Tick these in a list, and no others."""
    for label in window.locator(f"{box} label").all():
        field = window.locator(f"{box} input[id='{label.inner_text()}']")
        if field.is_checked() != (label.inner_text() in wanted):
            label.click()


def card(window: Page, job_id: str) -> Any:
    """Return the row of a job."""
    return window.locator("#jobs_table tbody tr").filter(has_text=job_id)


def press(window: Page, job_id: str, button: str) -> None:
    """Press a button of a job. The table comes anew every two seconds."""
    card(window, job_id).get_by_text(button, exact=True).click()


def test_every_button_of_jobs(window: Page, tmp_path: Path, workers: Workers) -> None:
    cast = Cast(tmp_path, workers)
    behind = submit(tasks.do_part, cast.started, cast.path)
    window.goto("/")
    window.get_by_role("link", name="rqmonitor").click()
    window.wait_for_url("**/rqmonitor/")  # With its scripts: a press before them would be lost.
    show_jobs(window)
    expect(window.locator("#jobs_table tbody tr")).to_have_count(7)
    expect(card(window, cast.failed)).to_contain_text("The file is no good.")
    expect(card(window, cast.started)).to_contain_text("status: started")

    # Waiting and failed jobs first, while the worker is busy.
    press(window, cast.queued, "Cancel")
    confirm(window, cast.queued, "it is stopped")
    assert job(cast.queued).state == State.CANCELLED
    expect(card(window, cast.queued)).to_have_count(0)
    press(window, cast.failed, "Requeue")
    confirm(window, cast.failed, "is tried again")
    assert job(cast.failed).state == State.WAITING
    press(window, cast.failed, "Delete")
    confirm(window, cast.failed, "rq forgets it")
    assert job(cast.failed).state == State.CANCELLED
    for gone in (cast.deferred, cast.scheduled):
        press(window, gone, "Delete")
        confirm(window, gone)
        expect(card(window, gone)).to_have_count(0)

    # The running one is stopped, and the worker goes on with what waits.
    press(window, cast.started, "Cancel")
    confirm(window, cast.started)
    assert wait_for_end(cast.started).state == State.CANCELLED
    wait_for_end(behind)
    press(window, cast.finished, "Delete")
    confirm(window, cast.finished)
    expect(card(window, cast.finished)).to_have_count(0)
    assert job(cast.finished).state == State.FINISHED


def test_the_buttons_for_many_jobs(window: Page, tmp_path: Path, workers: Workers) -> None:
    cast = Cast(tmp_path, workers)
    behind = submit(tasks.fail_part)
    window.goto("/rqmonitor/")
    show_jobs(window)
    expect(window.locator("#jobs_table tbody tr")).to_have_count(7)
    tick(window, "#fromqueues", {Queue.STT})
    expect(card(window, behind)).to_have_count(0)

    window.get_by_role("button", name="Requeue Failed Jobs").click()
    confirm(window, "failed jobs from stt", "are tried again")
    assert job(cast.failed).state == State.WAITING
    window.get_by_role("button", name="Cancel Queued Jobs").click()
    confirm(window, "all jobs on stt", "are cancelled")
    assert job(cast.failed).state == job(cast.queued).state == State.CANCELLED
    assert job(behind).state == State.WAITING

    tick(window, "#jobstatus", {"finished", "started"})
    expect(card(window, cast.deferred)).to_have_count(0)
    window.get_by_role("button", name="Delete All Jobs").click()
    confirm(window, "all jobs on stt", "rq forgets them")
    assert wait_for_end(cast.started).state == State.CANCELLED
    expect(window.locator("#jobs_table")).to_contain_text("No data available")
    tick(window, "#jobstatus", {"deferred", "scheduled"})
    expect(card(window, cast.deferred)).to_have_count(1)
    expect(card(window, cast.scheduled)).to_have_count(1)


def test_every_button_of_queues(window: Page) -> None:
    waiting, behind = submit(tasks.refuse), submit(tasks.fail_part)
    for name in ("alpha", "beta", "gamma"):
        queue(name).enqueue("x.y", job_id=name)
    window.goto("/rqmonitor/")

    def row(name: str) -> Any:
        cell = window.get_by_role("link", name=name, exact=True)
        return window.locator("#queues_table tbody tr").filter(has=cell)

    expect(row("stt")).to_contain_text("1")
    row("stt").get_by_text("Empty").click()
    confirm(window, "Confirm to empty stt", "are cancelled")
    expect(row("stt").locator("td").nth(1)).to_have_text("0")
    assert job(waiting).state == State.CANCELLED
    row("stt-segments").get_by_text("Delete").click()
    confirm(window, "Confirm to delete stt-segments", "listed again")
    expect(row("stt-segments")).to_have_count(0)
    assert job(behind).state == State.CANCELLED

    show_jobs(window)
    tick(window, "#fromqueues", {"beta", "gamma"})
    window.locator("#queues_link").click()
    row("gamma").get_by_text("Delete").click()
    confirm(window, "gamma")
    expect(window.locator("#fromqueues")).not_to_contain_text("gamma")
    # The list has come anew, and what was not ticked is not.
    window.get_by_role("button", name="Empty Selected Queues").click()
    confirm(window, "these queues beta", "are cancelled")
    expect(row("beta").locator("td").nth(1)).to_have_text("0")
    expect(row("alpha").locator("td").nth(1)).to_have_text("1")
    window.get_by_role("button", name="Delete Selected Queues").click()
    confirm(window, "these queues beta")
    expect(row("beta")).to_have_count(0)
    expect(row("alpha").locator("td").nth(1)).to_have_text("1")
    row("alpha").get_by_role("link", name="alpha").click()  # It never did anything.


def test_every_button_of_workers(window: Page, tmp_path: Path, workers: Workers) -> None:
    processes = [workers.start(), workers.start()]
    end = tmp_path / "end"
    running = submit(tasks.sleep_until, f"{tmp_path}/log", str(end))
    wait_for_state(running, State.RUNNING)
    window.goto("/rqmonitor/")
    window.locator("#workers_link").click()
    rows = window.locator("#workers_table tbody tr")
    busy = rows.filter(has_text=running)
    expect(rows).to_have_count(2)
    expect(busy).to_contain_text("busy")
    expect(rows.filter(has_text="idle")).to_have_count(1)

    name = busy.locator("td").first.inner_text()
    busy.get_by_role("link", name=name).click()
    about = window.locator("#infomodal")
    expect(about).to_contain_text(f"Showing Info for {name}")
    expect(about.locator("#current_job_id")).to_have_text(running)
    about.get_by_role("button", name="Close").click()
    expect(about).to_be_hidden()

    window.get_by_role("button", name="Suspend All Workers").click()
    confirm(window, "Confirm to suspend all workers")
    expect(rows.filter(has_text="suspended")).to_have_count(2)
    assert raw().exists("rq:suspended")
    window.get_by_role("button", name="Resume All Workers").click()
    confirm(window, "Confirm to resume all workers")
    expect(rows.filter(has_text="suspended")).to_have_count(0)
    assert not raw().exists("rq:suspended")

    busy.get_by_text("Delete").click()
    confirm(window, f"Confirm to delete {name}", "It ends its job and stops.")
    end.touch()
    expect(rows).to_have_count(1)
    assert job(running).state == State.FINISHED
    window.get_by_role("button", name="Delete All Workers").click()
    confirm(window, "all workers", "end their jobs and stop")
    expect(window.locator("#workers_table")).to_contain_text("No data available")
    assert {process.wait(60) for process in processes} == {0}


def test_from_a_card_to_the_page_of_its_job_and_back(
    window: Page, tmp_path: Path, workers: Workers
) -> None:
    cast = Cast(tmp_path, workers)
    window.goto("/rqmonitor/")
    expect(window.locator("#redis_memory_value")).to_contain_text("B")
    window.locator("#redis_memory_refresh").click()
    expect(window.locator("#redis_memory_value")).to_contain_text("B")
    show_jobs(window)

    window.get_by_role("link", name=cast.failed).click()
    expect(window.get_by_role("heading", name="What rq holds of a job")).to_be_visible()
    expect(window.get_by_text("Traceback")).to_be_visible()
    window.get_by_role("link", name="rqmonitor").last.click()
    window.get_by_label("Job id").fill(cast.finished)
    window.get_by_role("button", name="Show", exact=True).click()
    window.locator("main").get_by_role("link", name="a job").click()
    expect(window).to_have_url(f"{window.url.split('/jobs/')[0]}/jobs/{cast.finished}")


def test_names_are_not_run(window: Page) -> None:
    name = "<img src=x onerror=alert(1)>"
    queue(name).enqueue("x.y", job_id="a", description=name)
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    window.on("dialog", note)
    window.goto("/rqmonitor/")

    expect(window.locator("#queues_table")).to_contain_text(name)
    window.locator("#queues_table").get_by_text("Empty").click()
    confirm(window, f"Confirm to empty {name}")
    queue(name).enqueue("x.y", job_id="a", description=name)
    show_jobs(window)
    expect(window.locator("#jobs_table")).to_contain_text(name)
    assert dialogs == []


def test_a_server_that_is_away_for_a_while_stops_nothing(page: Page, app: Flask, web: Web) -> None:
    enter(page, app, web)
    submit(tasks.refuse)
    page.goto("/rqmonitor/")
    row = page.locator("#queues_table tbody tr")
    expect(row).to_contain_text("stt")

    page.route("**/rqmonitor/queues**", lambda route: route.fulfill(status=502, body="<b>"))
    page.route("**/rqmonitor/queues/empty", lambda route: route.fulfill(status=502, body="<b>"))
    with page.expect_response(lambda answer: answer.status == 502):
        pass
    row.get_by_text("Empty").click()
    dialog = page.locator("#confirmation")
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog).to_contain_text("The server answered 502.")
    page.unroute_all()
    dialog.get_by_role("button", name="Close").click()
    submit(tasks.refuse)
    expect(row.locator("td").nth(1)).to_have_text("2")


def test_what_is_refused_is_said(
    page: Page, app: Flask, web: Web, tmp_path: Path, workers: Workers
) -> None:
    cast = Cast(tmp_path, workers)
    enter(page, app, web)
    page.goto("/rqmonitor/")
    show_jobs(page)

    press(page, cast.finished, "Cancel")
    dialog = page.locator("#confirmation")
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog).to_contain_text("The job has already ended.")
    assert job(cast.finished).state == State.FINISHED
