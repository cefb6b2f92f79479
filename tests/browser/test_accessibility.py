"""Every page in every state: no violation that axe-core knows, light and dark, wide and narrow."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from app_srvc import db
from app_srvc.accounts import links
from app_srvc.jobs import submission
from app_srvc.jobs.repository import changes, leases, outcomes
from app_srvc.speech.repository import segments
from app_srvc.speech.sound import Heard, Span, Word
from tests.support.recordings import FOLDER
from tests.support.web import Web

Prepare = Callable[[Page], str]


def upload(page: Page) -> str:
    """Send a recording and return its job."""
    page.goto("/stt/")
    page.get_by_label("Recordings").set_input_files(FOLDER / "days.flac")
    page.get_by_role("button", name="Transcribe").click()
    page.wait_for_url("**/stt/*-*")
    return page.url.rpartition("/")[2]


def waiting(page: Page) -> str:
    """Return a job that waits."""
    return upload(page)


def running(page: Page) -> str:
    """Return a job that has recognised a first segment."""
    job_id = upload(page)
    with db.transaction() as conn:
        changes.take(conn, job_id, "host-1-a")
        leases.report(conn, job_id, 1, "Recognising speech, 0:01 of 0:03", 0.4)
        segments.plan(conn, job_id, [Span(0, 1000), Span(1000, 2000)], "The file is cut off.")
        segments.save(conn, job_id, 0, Heard([Word(0, 500, "monday", 0.9)]))
    return job_id


def finished(page: Page) -> str:
    """Return a job that is done."""
    job_id = running(page)
    with db.transaction() as conn:
        segments.save(conn, job_id, 1, Heard([Word(1000, 1500, "tuesday", 0.9)]))
        outcomes.finish(conn, job_id, 1)
    return job_id


def failed(page: Page) -> str:
    """Return a job that has failed."""
    job_id = upload(page)
    with db.transaction() as conn:
        changes.take(conn, job_id, "host-1-a")
        outcomes.fail(conn, job_id, 1, "The file is no good.", pause_seconds=None)
    return job_id


def paused(page: Page) -> str:
    """Return a job that is tried again later."""
    job_id = upload(page)
    with db.transaction() as conn:
        changes.take(conn, job_id, "host-1-a")
        outcomes.fail(conn, job_id, 1, "A hiccup.", pause_seconds=600)
    return job_id


def cancelled(page: Page) -> str:
    """Return a job that was cancelled."""
    job_id = upload(page)
    submission.cancel(job_id)
    return job_id


def nothing(_page: Page) -> str:
    """Prepare nothing."""
    return ""


def operator(page: Page) -> str:
    """Make the visitor an operator."""
    page.goto(links.make_link())
    page.get_by_role("button", name="Become an operator").click()
    return finished(page)


PAGES: list[tuple[str, Prepare]] = [
    ("/", nothing),
    ("/", finished),
    ("/stt/", nothing),
    ("/jobs/", nothing),
    ("/jobs/?q=none", nothing),
    ("/jobs/", running),
    ("/jobs/", operator),
    ("/operator?token=x", nothing),
    ("/nowhere", nothing),
    *((path, prepare) for path in ("/stt/{}", "/jobs/{}")
      for prepare in (waiting, running, finished, failed, paused, cancelled)),
]  # fmt: skip


@pytest.fixture
def dark_and_narrow(browser: Browser, web: Web) -> Page:
    """Open a window as narrow as a phone, in the dark."""
    context = browser.new_context(
        base_url=web.url, viewport={"width": 390, "height": 800}, color_scheme="dark"
    )
    return context.new_page()


@pytest.mark.parametrize(("path", "prepare"), PAGES, ids=lambda it: getattr(it, "__name__", it))
def test_nothing_keeps_anybody_out(
    path: str, prepare: Prepare, page: Page, dark_and_narrow: Page
) -> None:
    tab = page.context.new_page()
    job_id = prepare(tab)
    tab.close()
    dark_and_narrow.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]

    for window in (page, dark_and_narrow):
        window.goto(path.format(job_id))
        results = Axe().run(window)
        assert results.violations_count == 0, results.generate_report()
        width = window.evaluate("document.documentElement.scrollWidth")
        assert width <= (window.viewport_size or {"width": 0})["width"]
    dark_and_narrow.context.close()


def test_an_error_beside_the_field_keeps_nobody_out(page: Page, plain: Page) -> None:
    plain.goto("/stt/")
    plain.get_by_label("Recordings").set_input_files(
        {"name": "bad.mp4", "mimeType": "video/mp4", "buffer": b"no film"}
    )
    plain.get_by_role("button", name="Transcribe").click()
    html = plain.content()

    page.goto("/stt/")
    page.set_content(html)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
